import { describe, expect, it } from "vitest";
import { command, literal, shell } from "./commands";

const ORDER = {
  job: {
    type: "image.thumbnail",
    payload: { path: 'it\'s; $(rm -rf /) "here"', wide: true, sizes: [1, null] },
    queue: "images",
    delay_ms: 5_000,
    timeout_ms: 30_000,
    tags: { team: "a b" },
  },
  key: "k 1",
};
const INGEST = "http://127.0.0.1:8000";
const BACKOFF = { initial_ms: 5, multiplier: 1, max_ms: 10, jitter: false };

describe("a job as a curl command", () => {
  it("is text to a shell, whatever is in it", () => {
    expect(command("curl", ORDER, INGEST)).toBe(
      [
        "curl http://127.0.0.1:8000/jobs \\",
        "  -H 'Content-Type: application/json' \\",
        "  -H 'Idempotency-Key: k 1' \\",
        `  --data-raw '{"type":"image.thumbnail","payload":{"path":"it'\\''s; $(rm -rf /) \\"here\\"","wide":true,"sizes":[1,null]},"queue":"images","delay_ms":5000,"timeout_ms":30000,"tags":{"team":"a b"}}'`,
      ].join("\n"),
    );
    expect(command("curl", { job: { type: "t", payload: "\u0000'" } }, INGEST)).toContain(
      `--data-raw '{"type":"t","payload":"\\u0000'\\''"}'`,
    );
  });
});

describe("a job as a command", () => {
  it("is told with the options that there are", () => {
    expect(command("cli", ORDER, INGEST).split(" \\\n  ")).toEqual([
      `JOURNEYMAN_INGEST_URL=http://127.0.0.1:8000 journeyman submit image.thumbnail '{"path":"it'\\''s; $(rm -rf /) \\"here\\"","wide":true,"sizes":[1,null]}'`,
      "--queue images",
      "--delay 5000ms",
      "--timeout 30000ms",
      "--tag 'team:a b'",
      "--idempotency-key 'k 1'",
    ]);
  });

  it("says nothing that was not said", () => {
    expect(command("cli", { job: { type: "synthetic" } }, INGEST)).toBe(
      "JOURNEYMAN_INGEST_URL=http://127.0.0.1:8000 journeyman submit synthetic",
    );
  });

  it("has values that begin with a dash taken for what they are", () => {
    const text = command("cli", { job: { type: "t", payload: -5, tags: { "-x": "y" } } }, INGEST);
    expect(text).toContain("submit t ' -5'");
    expect(text).toContain("--tag=-x:y");
  });

  it("says what it leaves out", () => {
    const job = { type: "t", backoff: BACKOFF, tags: { "a:b": "c", d: "e" } };
    const text = command("cli", { job }, INGEST);
    expect(text.split("\n")[0]).toBe(
      "# Without tags with a colon or an equals sign in their names, the backoff: the command line cannot say that.",
    );
    expect(text).toContain("--tag d:e");
    expect(text).not.toContain("a:b");
  });
});

describe("a job as Python", () => {
  it("is in Python's words", () => {
    const text = command("python", ORDER, INGEST);
    expect(text).toContain(
      'from journeyman import Client\n\nwith Client("http://127.0.0.1:8000") as client:\n',
    );
    expect(text).toContain(
      'client.submit("image.thumbnail", {"path": "it\'s; $(rm -rf /) \\"here\\"", "wide": True, "sizes": [1, None]}, ' +
        'queue="images", tags={"team": "a b"}, delay=5000, timeout=30000, idempotency_key="k 1")',
    );
    expect(command("python", { job: { type: "t", backoff: BACKOFF } }, INGEST)).toContain('"jitter": False');
  });

  it("has the same strings, lone halves of characters too", () => {
    expect(literal({ a: [true, false, null, 1, "x\n\u0000\ud800"] })).toBe(
      '{"a": [True, False, None, 1, "x\\n\\u0000\\ud800"]}',
    );
  });
});

describe("a word in a shell", () => {
  it("is quoted where it needs that", () => {
    expect(shell("a-b_c.d:e/f=g")).toBe("a-b_c.d:e/f=g");
    expect(shell("$(rm -rf /)")).toBe("'$(rm -rf /)'");
    expect(shell("`x`; \u0000 '")).toBe("'`x`; \u0000 '\\'''");
    expect(shell("")).toBe("''");
  });
});
