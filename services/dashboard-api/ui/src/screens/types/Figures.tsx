import { Link } from "@tanstack/react-router";
import type { TypeDetail } from "~/api/types";
import { StateSymbol } from "~/components/StateBadge";
import { compact, count, counted, rate, STATUSES, share } from "~/format";
import { written } from "~/search/terms";
import { success } from "./success";
import style from "./Types.module.css";

/** The figures of a type; those of jobs lead to them. */
export function Figures({ view, window }: { view: TypeDetail; window: string }) {
  const { type, jobs, queues, workers, span } = view;
  return (
    <div className={style["figures"]}>
      <div className={style["figure"]}>
        <span className={style["name"]}>Success</span>
        <span className={style["value"]}>{share(success(jobs))}</span>
        <span className={style["under"]}>
          {span.success_rate === null
            ? `none ended in ${window}`
            : `${share(span.success_rate)} of ${count(span.completed + span.failed)} in ${window}`}
        </span>
      </div>
      {STATUSES.map((status) => (
        <Link
          key={status}
          to="/jobs"
          search={{ q: `${written("type", type)} status:${status}` }}
          className={style["figure"]}
        >
          <span className={style["name"]}>
            <StateSymbol state={status} /> {status}
          </span>
          <span className={style["value"]} title={count(jobs[status])}>
            {compact(jobs[status])}
          </span>
        </Link>
      ))}
      <div className={style["figure"]}>
        <span className={style["name"]}>Rate</span>
        <span className={style["value"]}>{rate(view.rate_out_per_s)}</span>
        <span className={style["under"]}>started, {rate(view.rate_in_per_s)} in</span>
      </div>
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
