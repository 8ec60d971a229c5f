import { describe, expect, it } from "vitest";
import type { Point, Stats } from "~/api/types";
import { sinceBegun } from "./series";

const NONE = { p50: null, p95: null, p99: null };
const point = (submitted: number): Point => ({
  at: null,
  submitted,
  started: 0,
  completed: 0,
  failed: 0,
  cancelled: 0,
  queue_latency_ms: NONE,
  run_time_ms: NONE,
});
const counts = { pending: 0, processing: 0, completed: 0, failed: 0, cancelled: 0 };
const stats = (submitted: readonly number[], total: number) =>
  ({ jobs: { ...counts, total }, series: submitted.map(point) }) as Stats;
const shown = (submitted: readonly number[], total: number) =>
  sinceBegun(stats(submitted, total)).series.map((one) => one.submitted);

const QUIET = new Array<number>(20).fill(0);
const BUSY = [3, 1, 0, 4, 1, 5, 9, 2, 6];

describe("the figures of a window", () => {
  it("begin with the first job where there was none before it", () => {
    expect(shown([...QUIET, ...BUSY], 31)).toEqual([0, ...BUSY]);
  });

  it("are whole where there were jobs before the window", () => {
    expect(shown([...QUIET, ...BUSY], 32)).toHaveLength(29);
  });

  it("are never of a moment alone, and whole where there are no jobs", () => {
    expect(shown([...QUIET, 5], 5)).toHaveLength(8);
    expect(shown(QUIET, 0)).toHaveLength(20);
    expect(shown([5, 1], 6)).toEqual([5, 1]);
  });
});
