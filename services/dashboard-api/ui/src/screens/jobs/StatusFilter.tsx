import { useNavigate } from "@tanstack/react-router";
import { stats } from "~/api/reads";
import { useRead } from "~/api/useRead";
import { StateSymbol } from "~/components/StateBadge";
import { compact, count, STATUSES } from "~/format";
import { valuesOf, withValues } from "~/search/terms";
import style from "./StatusFilter.module.css";

/** The statuses with how many jobs are in each; pressing one lists these, pressing it again lists all. */
export function StatusFilter({ q }: { q: string }) {
  const navigate = useNavigate({ from: "/jobs" });
  const { data } = useRead(stats());
  const wanted = valuesOf(q, "status");

  const choose = (values: readonly string[]) => {
    const next = withValues(q, "status", values);
    void navigate({ search: (before) => ({ ...before, q: next || undefined }) });
  };

  return (
    <fieldset className={style["filter"]} aria-label="Status">
      <button type="button" aria-pressed={wanted.length === 0} onClick={() => choose([])}>
        All
        {data && <span title={count(data.jobs.total)}>{compact(data.jobs.total)}</span>}
      </button>
      {STATUSES.map((status) => {
        const on = wanted.includes(status);
        return (
          <button
            key={status}
            type="button"
            aria-pressed={on}
            data-status={status}
            onClick={(event) => {
              const others = event.shiftKey ? wanted.filter((one) => one !== status) : [];
              choose(on ? others : [...others, status]);
            }}
          >
            <StateSymbol state={status} size={14} />
            {status}
            {data && <span title={count(data.jobs[status])}>{compact(data.jobs[status])}</span>}
          </button>
        );
      })}
    </fieldset>
  );
}
