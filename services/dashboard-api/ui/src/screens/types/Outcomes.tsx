import { Link } from "@tanstack/react-router";
import type { Counts } from "~/api/types";
import { StateSymbol } from "~/components/StateBadge";
import { compact, count, STATUSES } from "~/format";
import { written } from "~/search/terms";
import style from "./Figures.module.css";

/** A type's jobs by status: a bar of their parts, and a number each, which lead to them. */
export function Outcomes({ type, jobs }: { type: string; jobs: Counts }) {
  return (
    <section className={style["outcomes"]} aria-label="Jobs by status">
      <span className={style["bar"]} aria-hidden="true">
        {STATUSES.map(
          (status) =>
            jobs[status] > 0 && <i key={status} data-status={status} style={{ flexGrow: jobs[status] }} />,
        )}
      </span>
      <div className={style["statuses"]}>
        {STATUSES.map((status) => (
          <Link key={status} to="/jobs" search={{ q: `${written("type", type)} status:${status}` }}>
            <span className={style["name"]}>
              {status}
              <StateSymbol state={status} size={13} />
            </span>
            <span
              className={style["number"]}
              data-none={jobs[status] === 0 || undefined}
              title={count(jobs[status])}
            >
              {compact(jobs[status])}
            </span>
          </Link>
        ))}
      </div>
    </section>
  );
}
