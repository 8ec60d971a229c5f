import { Skeleton } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Stats } from "~/api/types";
import { StateSymbol } from "~/components/StateBadge";
import { compact, count, PHASES, type Phase, rate, STATUSES, type Status, share, statusOf } from "~/format";
import style from "./StatusTiles.module.css";

const NAMES: Readonly<Record<Status, string>> = {
  pending: "Pending",
  processing: "Processing",
  completed: "Completed",
  failed: "Failed",
  cancelled: "Cancelled",
};

/** How many jobs there are in each status; each leads to them. */
export function StatusTiles({ stats }: { stats: Stats | undefined }) {
  return (
    <div className={style["tiles"]}>
      {STATUSES.map((status) => (
        <Link
          key={status}
          to="/jobs"
          search={{ q: `status:${status}` }}
          className={style["tile"]}
          data-status={status}
        >
          <span className={style["name"]}>
            <StateSymbol state={status} />
            {NAMES[status]}
          </span>
          {stats ? (
            <span className={style["figure"]} title={count(stats.jobs[status])}>
              {compact(stats.jobs[status])}
            </span>
          ) : (
            <Skeleton height={26} width={64} my={4} />
          )}
          <span className={style["about"]}>{stats ? about(status, stats) : " "}</span>
        </Link>
      ))}
    </div>
  );
}

function about(status: Status, stats: Stats): string {
  const { completed, failed, cancelled } = stats.jobs;
  switch (status) {
    case "completed":
      return `${rate(stats.throughput_per_s)} ended, last minute`;
    case "failed":
      return completed + failed > 0
        ? `${share(failed / (completed + failed))} of those that ran`
        : "none has ended yet";
    case "cancelled":
      return cancelled > 0 ? `${share(cancelled / stats.jobs.total)} of all` : "none";
    default:
      return phases(status, stats) || (status === "pending" ? "nothing waits" : "nothing runs");
  }
}

/** "1,200 ready · 3 blocked": the phases of a status, the most frequent first. */
function phases(status: Status, stats: Stats): string {
  return (Object.keys(PHASES) as Phase[])
    .filter((phase) => statusOf(phase) === status && (stats.phases[phase] ?? 0) > 0)
    .sort((one, other) => (stats.phases[other] ?? 0) - (stats.phases[one] ?? 0))
    .slice(0, 2)
    .map((phase) => `${compact(stats.phases[phase])} ${phase}`)
    .join(" · ");
}
