import { describe, expect, it } from "vitest";
import type { NotableView } from "~/api/types";
import { target, times } from "./notable";

const told = (event: string, more: Partial<NotableView> = {}): NotableView => ({
  offset: "2-0/0",
  at: null,
  event,
  words: "it happened",
  count: 1,
  first_offset: "1-0/0",
  first_at: null,
  job_id: null,
  type: null,
  queue: null,
  worker: null,
  fingerprint: null,
  ...more,
});

describe("something notable", () => {
  it("leads to its job, or to all that failed of the same", () => {
    const dead = { job_id: "j1", type: "t", fingerprint: "f1" };
    expect(target(told("job.dead_lettered", dead))).toEqual({ to: "/jobs/$id", params: { id: "j1" } });
    expect(target(told("job.dead_lettered", { ...dead, count: 7 }))).toEqual({
      to: "/dead-letters",
      search: { group: "f1", type: "t" },
    });
    expect(target(told("job.dead_lettered", { count: 7 }))).toEqual({ to: "/dead-letters", search: {} });
    expect(target(told("job.lost", { type: "a b", count: 2 }))).toEqual({
      to: "/jobs",
      search: { q: 'type:"a b"' },
    });
  });

  it("leads to its type, queue or worker", () => {
    expect(target(told("breaker.opened", { type: "t" }))).toEqual({
      to: "/types/$type",
      params: { type: "t" },
    });
    expect(target(told("breaker.opened", { count: 3 }))).toEqual({ to: "/types" });
    expect(target(told("queue.paused", { queue: "q" }))).toEqual({ to: "/queues" });
    expect(target(told("worker.lost", { worker: "w" }))).toEqual({
      to: "/workers",
      search: { worker: "w", all: true },
    });
    expect(target(told("worker.joined", { worker: "w", count: 2 }))).toEqual({
      to: "/workers",
      search: { all: true },
    });
    expect(target(told("fleet.scaled"))).toEqual({ to: "/workers", search: {} });
    expect(target(told("log.trimmed"))).toBeNull();
  });

  it("says how often it happened, once", () => {
    expect(times(told("queue.paused"))).toBe("");
    expect(times(told("queue.paused", { count: 3 }))).toBe("3×");
    expect(times(told("job.lost", { count: 3, words: "3 attempts of t were lost" }))).toBe("");
  });
});
