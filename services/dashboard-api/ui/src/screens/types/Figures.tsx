import { Link } from "@tanstack/react-router";
import type { Percentiles, TypeDetail } from "~/api/types";
import { count, counted, duration, rate, share } from "~/format";
import style from "./Figures.module.css";
import { Outcomes } from "./Outcomes";

/** The figures of a type: what became of its jobs, how many come, how long they take, and who runs them. */
export function Figures({ view, window }: { view: TypeDetail; window: string }) {
  const { type, jobs, queues, workers, span } = view;
  const ended = span.completed + span.failed;
  return (
    <div className={style["figures"]}>
      <Outcomes type={type} jobs={jobs} />
      <Figure
        name="Success"
        value={share(span.success_rate)}
        under={ended === 0 ? `none ended in ${window}` : `of ${count(ended)} in ${window}`}
      />
      <Figure
        name="Rate"
        value={rate(view.rate_out_per_s)}
        under={`started, ${rate(view.rate_in_per_s)} in`}
        title="In the last minute"
      />
      <Length name="Wait" of={span.queue_latency.percentiles_ms} window={window} />
      <Length name="Run time" of={span.run_time.percentiles_ms} window={window} />
      <Link to="/workers" className={style["figure"]}>
        <span className={style["name"]}>Workers</span>
        <span className={style["value"]}>{count(workers)}</span>
        <span className={`${style["under"]} one-line`} title={queues.join(", ")}>
          {workers === 0
            ? "none knows it"
            : queues.length === 1
              ? queues[0]
              : counted(queues.length, "queue")}
        </span>
      </Link>
    </div>
  );
}

interface FigureProps {
  name: string;
  value: string;
  under: string;
  title?: string;
}

function Figure({ name, value, under, title }: FigureProps) {
  return (
    <div className={style["figure"]} title={title}>
      <span className={style["name"]}>{name}</span>
      <span className={style["value"]}>{value}</span>
      <span className={style["under"]}>{under}</span>
    </div>
  );
}

/** Half of them are shorter than the value. */
function Length({ name, of, window }: { name: string; of: Percentiles; window: string }) {
  return (
    <Figure
      name={`${name}, median`}
      value={duration(of.p50)}
      under={of.p95 === null ? `none in ${window}` : `p95 ${duration(of.p95)}`}
      title={`Half of them were shorter, and 95 of 100 shorter than the p95, in the last ${window}`}
    />
  );
}
