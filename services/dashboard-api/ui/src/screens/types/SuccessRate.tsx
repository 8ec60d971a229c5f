import type { Counts } from "~/api/types";
import { count, NOTHING, share } from "~/format";
import style from "./SuccessRate.module.css";
import { success } from "./success";

/** How many of those that ended completed: a number, and a bar that is green as far as that. */
export function SuccessRate({ jobs }: { jobs: Counts }) {
  const rate = success(jobs);
  if (rate === null) return <span className="quiet">{NOTHING}</span>;
  return (
    <span
      className={style["rate"]}
      title={`${count(jobs.completed)} completed, ${count(jobs.failed)} failed for good`}
    >
      <i className={style["bar"]} aria-hidden="true">
        <i style={{ width: `${rate * 100}%` }} />
      </i>
      <span className="numbers">{share(rate)}</span>
    </span>
  );
}
