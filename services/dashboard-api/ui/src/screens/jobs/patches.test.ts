import { describe, expect, it } from "vitest";
import type { JobView } from "~/api/types";
import { LiveEvent } from "~/live/events";
import { patched } from "./patches";

const AT = "2026-11-22T12:00:00.000Z";
const job = (id: string): JobView => ({
  id,
  type: "mail",
  queue: "default",
  priority: 10,
  status: "pending",
  phase: "ready",
  payload: {},
  result: null,
  error: null,
  progress: null,
  attempt: 0,
  max_attempts: 3,
  attempts: [],
  depends_on: [],
  dependents: [],
  tags: {},
  submitted_at: AT,
  started_at: null,
  finished_at: null,
  trace_id: "",
  generation: 1,
  due_at: null,
  reason: "",
  payload_blob: null,
  result_blob: null,
});
const told = (event: string, data: Record<string, unknown>) =>
  new LiveEvent(event, JSON.stringify({ offset: "1-0/0", event, at: AT, data }));

describe("listed jobs", () => {
  const jobs = [job("a"), job("b")];

  it("stay the same objects where nothing is said of them", () => {
    expect(patched(jobs, [told("job.started", { job_id: "z" }), told("worker.joined", {})])).toBe(jobs);
    expect(patched(jobs, [told("job.started", { job_id: "a" })])[1]).toBe(jobs[1]);
  });

  it("live a whole life in one batch", () => {
    const [after] = patched(jobs, [
      told("job.started", { job_id: "a", attempt: 1 }),
      told("job.progressed", { job_id: "a", percent: 40, message: "resizing" }),
      told("job.failed", { job_id: "a", attempt: 1, error: { type: "ValueError", message: "no" } }),
      told("job.retry_scheduled", { job_id: "a", due_ms: 1_000 }),
      told("job.started", { job_id: "a", attempt: 2 }),
      told("job.succeeded", { job_id: "a", attempt: 2 }),
    ]);
    expect(after).toMatchObject({
      status: "completed",
      phase: "completed",
      attempt: 2,
      finished_at: AT,
      error: null,
    });
  });

  it("survive events that say less, or other things, than they should", () => {
    const events = [
      "job.progressed",
      "job.failed",
      "job.dead_lettered",
      "job.retry_scheduled",
      "job.new_kind",
    ];
    const [after] = patched(
      jobs,
      events.map((event) => told(event, { job_id: "a", error: 7, percent: "x" })),
    );
    expect(after?.id).toBe("a");
  });
});
