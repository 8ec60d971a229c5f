import { expect, test } from "vitest";
import { command } from "./commands";

const order = {
  job: {
    type: "image.thumbnail",
    payload: { path: 'it\'s; $(rm -rf /) "here"', wide: true, sizes: [1, null] },
    queue: "images",
    delay_ms: 5_000,
    tags: { team: "a b" },
  },
  key: "k 1",
};
const URL_ = "http://127.0.0.1:8000";

test("a shell takes everything in a curl command as text", () => {
  expect(command("curl", order, URL_)).toBe(
    [
      "curl http://127.0.0.1:8000/jobs \\",
      "  -H 'Content-Type: application/json' \\",
      "  -H 'Idempotency-Key: k 1' \\",
      `  --data-raw '{"type":"image.thumbnail","payload":{"path":"it'\\''s; $(rm -rf /) \\"here\\"","wide":true,"sizes":[1,null]},"queue":"images","delay_ms":5000,"tags":{"team":"a b"}}'`,
    ].join("\n"),
  );
});

test("the command line is told the options it knows", () => {
  const text = command("cli", order, URL_);
  expect(text).toContain('journeyman submit image.thumbnail \'{"path"');
  expect(text).toContain("--queue images");
  expect(text).toContain("--delay 5000ms");
  expect(text).toContain("--tag 'team:a b'");
  expect(text).toContain("--idempotency-key 'k 1'");
});

test("Python gets Python's words", () => {
  const text = command("python", order, URL_);
  expect(text).toContain(
    'client.submit("image.thumbnail", {"path": "it\'s; $(rm -rf /) \\"here\\"", "wide": True',
  );
  expect(text).toContain('"sizes": [1, None]}, queue="images", tags={"team": "a b"}, delay=5000');
  expect(text).toContain('idempotency_key="k 1"');
});

test("what was not said is not written", () => {
  expect(command("cli", { job: { type: "synthetic" } }, URL_)).toBe(
    "JOURNEYMAN_INGEST_URL=http://127.0.0.1:8000 journeyman submit synthetic",
  );
});
