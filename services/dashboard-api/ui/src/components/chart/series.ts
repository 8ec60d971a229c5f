/** The charts' numbers, from series of figures: those of all jobs, or of a type. Pure. */

import type { Counts, Point, Stats } from "~/api/types";
import { ms } from "~/format";
import type { Line } from "./TimeChart";

export interface Chart {
  times: number[];
  lines: Line[];
}

/** Figures of equal steps of time. */
type Series = Pick<Stats, "series" | "step_ms">;

/** Of a system that has just begun, so many points are shown at least. */
const POINTS_LEAST = 8;

/** The points of a series whose time is over; the last one still grows, and would look like a fall. */
function whole({ series }: Series): Point[] {
  return series.slice(0, -1);
}

/**
 * Returns figures without the time before the first job: where every known job came within the window, nothing was before it.
 *
 * A system that is a minute old would else have its charts in a corner.
 */
export function sinceBegun<T extends Series & { jobs: Pick<Counts, "total"> }>(stats: T): T {
  const { series, jobs } = stats;
  const submitted = series.reduce((sum, point) => sum + point.submitted, 0);
  const first = series.findIndex((point) => point.submitted > 0);
  if (first < 2 || submitted < jobs.total) return stats;
  return { ...stats, series: series.slice(Math.min(first - 1, Math.max(0, series.length - POINTS_LEAST))) };
}

function timesOf(points: readonly Point[]): number[] {
  return points.map(({ at }) => (ms(at) ?? 0) / 1000);
}

/** Jobs a second: submitted, and ended in either way. */
export function throughput(figures: Series): Chart {
  const points = whole(figures);
  const perSecond = (of: (point: Point) => number) =>
    points.map((point) => (of(point) * 1000) / figures.step_ms);
  return {
    times: timesOf(points),
    lines: [
      {
        name: "completed",
        colour: "--jm-completed-fill",
        kind: "area",
        values: perSecond((p) => p.completed),
      },
      { name: "failed", colour: "--jm-failed-fill", kind: "area", values: perSecond((p) => p.failed) },
      { name: "submitted", colour: "--jm-pending", dashed: true, values: perSecond((p) => p.submitted) },
    ],
  };
}

/** Percentiles of how long jobs waited, or ran. */
export function latency(figures: Series, of: "queue_latency_ms" | "run_time_ms"): Chart {
  const points = whole(figures);
  const values = (which: "p50" | "p95" | "p99") => points.map((point) => point[of][which]);
  return {
    times: timesOf(points),
    lines: [
      { name: "p99", colour: "--jm-warning-fill", values: values("p99") },
      { name: "p95", colour: "--jm-processing-fill", values: values("p95") },
      { name: "p50", colour: "--jm-accent", kind: "area", values: values("p50") },
    ],
  };
}
