/** The numbers of the chart of what became of a type's jobs. Pure. */

import type { Point, TypeSpan } from "~/api/types";
import type { Line } from "~/components/chart/TimeChart";
import { ms } from "~/format";

/** Jobs a second. The last step still grows, and would look like a fall: it is left out. */
export function course(span: TypeSpan): { times: number[]; lines: Line[] } {
  const points = span.series.slice(0, -1);
  const perSecond = (of: (point: Point) => number) =>
    points.map((point) => (of(point) * 1000) / span.step_ms);
  return {
    times: points.map(({ at }) => (ms(at) ?? 0) / 1000),
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
