import { useMemo } from "react";
import type { Counts, Span } from "~/api/types";
import { Legend } from "~/components/chart/Legend";
import { sinceBegun, throughput } from "~/components/chart/series";
import { TimeChart } from "~/components/chart/TimeChart";
import { Panel } from "~/components/Panel";
import { ms, rate } from "~/format";
import style from "./Course.module.css";

interface CourseProps {
  /** For people who cannot see it. */
  label: string;
  span: Span;
  /** All jobs that there are: where all of them came within the window, the chart begins with them. */
  jobs: Pick<Counts, "total">;
}

const STEPS_LEAST = 2;

/** How many jobs came and ended, over time. */
export function Course({ label, span, jobs }: CourseProps) {
  const figures = useMemo(() => sinceBegun({ ...span, jobs }), [span, jobs]);
  const chart = useMemo(() => throughput(figures), [figures]);
  const first = ms(figures.series[0]?.at);
  const shortened = figures.series.length < span.series.length && first !== null;
  return (
    <Panel title="Throughput" aside={<Legend lines={chart.lines} />} className={style["course"]}>
      {chart.times.length < STEPS_LEAST ? (
        <p className="quiet">The first figures come within seconds.</p>
      ) : (
        <TimeChart label={label} {...chart} format={rate} height={200} fill />
      )}
      {shortened && <p className={style["note"]}>No job came before this.</p>}
    </Panel>
  );
}
