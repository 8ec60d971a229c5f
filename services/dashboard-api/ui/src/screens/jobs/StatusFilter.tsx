import { useNavigate } from "@tanstack/react-router";
import type { Counts } from "~/api/types";
import { StateSymbol } from "~/components/StateBadge";
import { compact, count, STATUSES } from "~/format";
import { valuesOf, withValues } from "~/search/terms";
import style from "./StatusFilter.module.css";

/** The statuses with how many jobs are in each; pressing one lists these, pressing it again lists all. */
export function StatusFilter({ q, counts }: { q: string; counts: Counts | undefined }) {
  const navigate = useNavigate({ from: "/jobs" });
  const wanted = valuesOf(q, "status");

  const choose = (values: readonly string[]) => {
    const next = withValues(q, "status", values);
    void navigate({ search: (before) => ({ ...before, q: next || undefined }) });
  };

  return (
    <fieldset className={style["filter"]} aria-label="Status">
      <button type="button" aria-pressed={wanted.length === 0} onClick={() => choose([])}>
        All
        {counts && <span title={count(counts.total)}>{compact(counts.total)}</span>}
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
            {counts && <span title={count(counts[status])}>{compact(counts[status])}</span>}
          </button>
        );
      })}
    </fieldset>
  );
}
