import { describe, expect, it } from "vitest";
import type { EventView } from "~/api/types";
import { percent, scaleOf, ticks } from "./scale";
import { type Bar, type Run, timeline } from "./timeline";

const START = Date.parse("2026-01-01T00:00:00Z");

function at(second: number): number {
  return START + second * 1_000;
}

function event(second: number, name: string, data: Record<string, unknown> = {}): EventView {
  return { offset: `${at(second)}-0/0`, event: `job.${name}`, at: new Date(at(second)).toISOString(), data };
}

/** "queued 0-2": bars in seconds, so that a test can be read. */
function bars(run: Run | undefined): string[][] {
  const seconds = (moment: number | null) => (moment === null ? "" : String((moment - START) / 1_000));
  const words = ({ kind, from, to }: Bar) => `${kind} ${seconds(from)}-${seconds(to)}`;
  return (run?.lanes ?? []).map(({ bars: all }) => all.map(words));
}

function outcomes(run: Run | undefined): string[] {
  return (run?.lanes ?? []).map(({ attempt, outcome, worker }) => `${attempt} ${outcome} ${worker}`.trim());
}

describe("the timeline of a job", () => {
  it("shows a simple job in line and running", () => {
    const [run, ...others] = timeline([
      event(0, "submitted", { depends_on: [], due_ms: 0 }),
      event(0, "released", { attempt: 1, priority: 10, moves: 0 }),
      event(2, "started", { attempt: 1, worker: "w-1" }),
      event(5, "succeeded", { attempt: 1, worker: "w-1" }),
    ]);
    expect(bars(run)).toEqual([["queued 0-2", "running 2-5"]]);
    expect(outcomes(run)).toEqual(["1 succeeded w-1"]);
    expect(run?.to).toBe(at(5));
    expect(others).toEqual([]);
  });

  it("leaves open what goes on", () => {
    const waits = [event(0, "submitted"), event(0, "released", { attempt: 1 })];
    expect(bars(timeline(waits)[0])).toEqual([["queued 0-"]]);
    const runs = [...waits, event(1, "started", { attempt: 1, worker: "w" })];
    expect(bars(timeline(runs)[0])).toEqual([["queued 0-1", "running 1-"]]);
    expect(timeline(runs)[0]?.to).toBeNull();
    expect(timeline(runs)[0]?.lanes[0]?.outcome).toBe("running");
  });

  it("tells waiting for others from waiting for its time", () => {
    const [run] = timeline([
      event(0, "submitted", { depends_on: ["a", "b"], due_ms: at(20) }),
      event(1, "blocked", { on: ["a", "b"] }),
      event(8, "blocked", { on: [] }),
      event(20, "released", { attempt: 1 }),
      event(21, "started", { attempt: 1 }),
    ]);
    expect(bars(run)).toEqual([["blocked 0-8", "scheduled 8-20", "queued 20-21", "running 21-"]]);
    expect(run?.marks).toEqual([]);
  });

  it("marks the earliest start of a delayed job", () => {
    const [run] = timeline([event(0, "submitted", { due_ms: at(60) })]);
    expect(bars(run)).toEqual([["scheduled 0-"]]);
    expect(run?.marks).toEqual([{ at: at(60), what: "due", words: "the earliest start" }]);
  });

  it("begins a lane with each attempt, and what led to it", () => {
    const [run] = timeline([
      event(0, "submitted"),
      event(0, "released", { attempt: 1 }),
      event(1, "started", { attempt: 1, worker: "w-1" }),
      event(2, "failed", { attempt: 1 }),
      event(2, "retry_scheduled", { attempt: 2, due_ms: at(6), delay_ms: 4_000 }),
      event(6, "released", { attempt: 2 }),
      event(7, "started", { attempt: 2, worker: "w-2" }),
      event(9, "lost", { attempt: 2, worker: "w-2" }),
      event(9, "retry_scheduled", { attempt: 3, due_ms: at(10), delay_ms: 1_000 }),
      event(10, "released", { attempt: 3 }),
      event(10, "started", { attempt: 3, worker: "w-3" }),
      event(11, "succeeded", { attempt: 3 }),
    ]);
    expect(bars(run)).toEqual([
      ["queued 0-1", "running 1-2"],
      ["backoff 2-6", "queued 6-7", "running 7-9"],
      ["backoff 9-10", "running 10-11"],
    ]);
    expect(outcomes(run)).toEqual(["1 failed w-1", "2 lost w-2", "3 succeeded w-3"]);
  });

  it("shows no lane for a verdict that ends it", () => {
    const [run] = timeline([
      event(0, "submitted"),
      event(0, "started", { attempt: 1 }),
      event(1, "failed", { attempt: 1 }),
      event(3, "dead_lettered", { attempt: 1, reason: "permanent" }),
    ]);
    expect(bars(run)).toEqual([["running 0-1"]]);
    expect(run?.to).toBe(at(3));
    expect(run?.marks.map(({ words }) => words)).toEqual(["failed for good: permanent"]);
  });

  it("keeps the wait that a cancel ended", () => {
    const [backoff] = timeline([
      event(0, "submitted"),
      event(0, "started", { attempt: 1 }),
      event(1, "failed", { attempt: 1 }),
      event(1, "retry_scheduled", { due_ms: at(60) }),
      event(4, "cancel_requested"),
      event(5, "cancelled", { reason: "requested" }),
    ]);
    expect(bars(backoff)).toEqual([["running 0-1"], ["backoff 1-5"]]);
    expect(outcomes(backoff)).toEqual(["1 failed", "0"]);
    expect(backoff?.marks.map(({ what }) => what)).toEqual(["due", "cancel_requested", "cancelled"]);
    const [blocked] = timeline([
      event(0, "submitted", { depends_on: ["a"] }),
      event(3, "cancelled", { reason: "dependency" }),
    ]);
    expect(bars(blocked)).toEqual([["blocked 0-3"]]);
  });

  it("shows a job that was interrupted without another lane", () => {
    const [run] = timeline([
      event(0, "submitted"),
      event(1, "started", { attempt: 1 }),
      event(2, "cancel_requested"),
      event(3, "returned", { attempt: 1, reason: "interrupted", back: false }),
      event(4, "cancelled", { reason: "requested" }),
    ]);
    expect(bars(run)).toEqual([["queued 0-1", "running 1-3"]]);
    expect(outcomes(run)).toEqual(["1 returned"]);
  });

  it("puts a job that its worker gave back in line again, with the same number", () => {
    const [run] = timeline([
      event(0, "submitted"),
      event(0, "started", { attempt: 1, worker: "w-1" }),
      event(2, "returned", { attempt: 1, reason: "drained", back: true }),
      event(5, "started", { attempt: 1, worker: "w-2" }),
    ]);
    expect(bars(run)).toEqual([["running 0-2"], ["queued 2-5", "running 5-"]]);
    expect(outcomes(run)).toEqual(["1 returned w-1", "1 running w-2"]);
  });

  it("begins a run with each generation", () => {
    const runs = timeline([
      event(0, "submitted"),
      event(0, "started", { attempt: 1 }),
      event(1, "failed", { attempt: 1 }),
      event(1, "dead_lettered", { reason: "permanent" }),
      event(50, "redriven", { generation: 2, attempt: 1, due_ms: at(55) }),
      event(55, "released", { attempt: 2 }),
      event(56, "started", { attempt: 2 }),
    ]);
    expect(runs.map(({ generation, from, to }) => [generation, from, to])).toEqual([
      [1, at(0), at(1)],
      [2, at(50), null],
    ]);
    expect(bars(runs[1])).toEqual([["scheduled 50-55", "queued 55-56", "running 56-"]]);
  });

  it("does not move a job that changes its priority", () => {
    const [run] = timeline([
      event(0, "submitted"),
      event(0, "released", { attempt: 1, priority: 5, moves: 0 }),
      event(3, "reprioritised", { priority: 20 }),
      event(3, "released", { attempt: 1, priority: 20, moves: 1 }),
      event(4, "started", { attempt: 1 }),
    ]);
    expect(bars(run)).toEqual([["queued 0-4", "running 4-"]]);
    expect(run?.marks).toEqual([{ at: at(3), what: "reprioritised", words: "priority set to 20" }]);
  });

  it("begins with whatever a truncated history begins with", () => {
    expect(bars(timeline([event(7, "started", { attempt: 40 }), event(8, "failed")])[0])).toEqual([
      ["running 7-8"],
      ["backoff 8-"],
    ]);
    expect(timeline([event(7, "retry_scheduled", { due_ms: at(9) })])).toEqual([]);
  });

  it("is not moved by what comes after the end, by nonsense, or by what it does not know", () => {
    const ended = [event(0, "submitted"), event(0, "started", { attempt: 1 }), event(1, "succeeded")];
    const more = [
      event(2, "failed", { attempt: 1 }),
      event(2, "released"),
      event(3, "started", { attempt: "x", worker: null }),
      event(3, "levitated", { due_ms: "soon", depends_on: "all" }),
      { offset: "?", event: "job.started", at: "not a time", data: {} },
      { offset: "?", event: "job.started", at: null, data: {} },
    ];
    expect(timeline([...ended, ...more])).toEqual(timeline(ended));
    expect(timeline([])).toEqual([]);
    expect(timeline([event(0, "submitted", { due_ms: Number.NaN, depends_on: null })])).toHaveLength(1);
  });

  it("does not run backwards when clocks do", () => {
    const [run] = timeline([
      event(5, "submitted"),
      event(5, "released"),
      event(4, "started", { attempt: 1 }),
    ]);
    expect(bars(run)).toEqual([["running 4-"]]);
  });
});

describe("the scale", () => {
  it("has round lengths of time, a handful of them", () => {
    expect(ticks(scaleOf(at(0), at(10)))).toEqual([0, 2_000, 4_000, 6_000, 8_000, 10_000]);
    expect(ticks(scaleOf(0, 3))).toEqual([0, 1, 2, 3]);
    for (const span of [1, 17, 999, 61_000, 3_600_001, 86_400_000, 366 * 86_400_000, 1e15]) {
      const found = ticks(scaleOf(0, span));
      expect(found.length).toBeGreaterThan(0);
      expect(found.length).toBeLessThanOrEqual(7);
      expect(found.at(-1)).toBeLessThanOrEqual(span);
    }
  });

  it("keeps every moment on the line", () => {
    const scale = scaleOf(100, 200);
    expect([50, 100, 150, 200, 900].map((moment) => percent(scale, moment))).toEqual([0, 0, 50, 100, 100]);
    expect(percent(scaleOf(5, 5), 5)).toBe(0);
  });
});
