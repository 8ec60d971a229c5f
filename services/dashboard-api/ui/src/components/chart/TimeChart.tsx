/** A chart over time. uPlot is loaded when the first chart is shown. */

import { Skeleton } from "@mantine/core";
import { lazy, Suspense } from "react";
import style from "./TimeChart.module.css";

export interface Line {
  name: string;
  /** A custom property of theme.css, as `--jm-completed-fill`. */
  colour: string;
  values: readonly (number | null)[];
  kind?: "line" | "bars" | "area" | "steps";
  dashed?: boolean;
}

export interface TimeChartProps {
  /** What it shows, for people who cannot see it. */
  label: string;
  /** Seconds since 1970, rising. */
  times: readonly number[];
  lines: readonly Line[];
  format: (value: number) => string;
  height?: number;
  /** Take the room that is left in a column, `height` at least. */
  fill?: boolean;
  /** The least height of its scale, so that noise does not look like a mountain. */
  least?: number;
  logarithmic?: boolean;
  /** What the lines of its scale may be apart; without, powers of ten, and two and five of them. */
  steps?: readonly number[];
}

const Plot = lazy(() => import("./Plot").then(({ Plot }) => ({ default: Plot })));

export function TimeChart(props: TimeChartProps) {
  const height = props.height ?? 180;
  return (
    <figure
      aria-label={props.label}
      className={style["figure"]}
      data-fill={props.fill || undefined}
      style={{ minHeight: height }}
    >
      <Suspense fallback={<Skeleton height={height} />}>
        <Plot {...props} height={height} />
      </Suspense>
    </figure>
  );
}
