import { describe, expect, it } from "vitest";
import type { JobView } from "~/api/types";
import { submissionOf } from "./like";

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

describe("a job like another", () => {
  it("says what differs from the defaults, and nothing else", () => {
    expect(submissionOf(JOB, [SUBMITTED])).toEqual({
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
  });
});
