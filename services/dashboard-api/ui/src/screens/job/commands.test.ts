import { describe, expect, it } from "vitest";
import { literal, shell } from "~/api/commands";
import type { JobView } from "~/api/types";
import { commandLine, curl, python, submissionOf } from "./commands";

const JOB = {
  type: "image.thumbnail",
  queue: "images",
  priority: 15,
  max_attempts: 3,
  payload: { path: "it's", deep: [true, null, 1.5] },
  tags: { customer: "acme & co" },
} as unknown as JobView;
const SUBMITTED = {
  offset: "1-0/0",
  event: "job.submitted",
  at: null,
  data: {
    max_attempts: 5,
    timeout_ms: 30_000,
    backoff: { initial_ms: 1_000, multiplier: 2, max_ms: 60_000, jitter: true },
  },
};

describe("a job as commands", () => {
  const like = submissionOf(JOB, [SUBMITTED]);

  it("says what differs from the defaults, and nothing else", () => {
    expect(like).toEqual({
      type: "image.thumbnail",
      payload: JOB.payload,
      queue: "images",
      priority: 15,
      max_attempts: 5,
      timeout_ms: 30_000,
      tags: { customer: "acme & co" },
    });
    const plain = { ...JOB, queue: "default", priority: 10, tags: {}, payload: {} };
    expect(submissionOf(plain, [])).toEqual({ type: "image.thumbnail", payload: {} });
    expect(submissionOf(plain, [], { a: 1 }).payload).toEqual({ a: 1 });
  });

  it("keeps a backoff of its own", () => {
    const backoff = { initial_ms: 5, multiplier: 1, max_ms: 10, jitter: false };
    const said = { ...SUBMITTED, data: { ...SUBMITTED.data, backoff } };
    expect(submissionOf(JOB, [said]).backoff).toEqual(backoff);
    expect(python("http://i", { type: "t", payload: 1, backoff })).toContain('"jitter": False');
  });

  it("is quoted for a shell, whatever is in it", () => {
    expect(commandLine(like)).toBe(
      `journeyman submit image.thumbnail '{"path":"it'\\''s","deep":[true,null,1.5]}' --queue images ` +
        `--priority 15 --max-attempts 5 --timeout 30000ms --tag 'customer:acme & co'`,
    );
    expect(shell("$(rm -rf /)")).toBe("'$(rm -rf /)'");
    expect(shell("`x`; \u0000 '")).toBe("'`x`; \u0000 '\\'''");
    expect(shell("")).toBe("''");
    expect(curl("http://localhost:8000", { type: "t", payload: "\u0000'" })).toBe(
      "curl -X POST http://localhost:8000/jobs \\\n  -H 'Content-Type: application/json' \\\n" +
        `  -d '{"type":"t","payload":"\\u0000'\\''"}'`,
    );
  });

  it("is Python that says the same", () => {
    expect(literal({ a: [true, false, null, 1, "x\n\u0000\ud800"] })).toBe(
      '{"a": [True, False, None, 1, "x\\n\\u0000\\ud800"]}',
    );
    expect(python("http://localhost:8000", like)).toContain(
      'client.submit("image.thumbnail", {"path": "it\'s", "deep": [True, None, 1.5]}, queue="images", priority=15, ' +
        'max_attempts=5, tags={"customer": "acme & co"}, timeout=30000)',
    );
  });
});
