import type { JobView } from "~/api/types";
import { JobId } from "~/components/JobId";
import { StateBadge } from "~/components/StateBadge";
import { Time, Took } from "~/components/Time";
import type { Column } from "~/components/table-model";
import { NOTHING, priority } from "~/format";
import style from "./columns.module.css";
import { Says } from "./Says";

/** The columns of the list of jobs, for a screen with room. */
export const COLUMNS: readonly Column<JobView>[] = [
  { id: "state", title: "State", width: 120, cell: (job) => <StateBadge state={job.phase} /> },
  { id: "id", title: "Job", width: 104, cell: (job) => <JobId id={job.id} /> },
  {
    id: "type",
    title: "Type",
    width: 146,
    cell: (job) => (
      <span className={style["type"]} title={job.type}>
        {job.type}
      </span>
    ),
  },
  {
    id: "queue",
    title: "Queue",
    width: 100,
    from: 960,
    cell: (job) => (
      <span className="quiet" title={job.queue}>
        {job.queue}
      </span>
    ),
  },
  {
    id: "priority",
    title: "Priority",
    width: 76,
    from: 1120,
    sortBy: "priority",
    cell: (job) => <Priority value={job.priority} />,
  },
  { id: "says", title: "Details", from: 800, cell: (job) => <Says job={job} /> },
  {
    id: "attempt",
    title: "Attempt",
    width: 72,
    align: "end",
    from: 1440,
    cell: (job) => (
      <span className="numbers quiet">
        {job.attempt === 0 ? NOTHING : `${job.attempt}/${job.max_attempts}`}
      </span>
    ),
  },
  {
    id: "age",
    title: "Submitted",
    width: 94,
    align: "end",
    sortBy: "submitted_at",
    cell: (job) => <Time at={job.submitted_at} />,
  },
  {
    id: "duration",
    title: "Duration",
    width: 84,
    align: "end",
    from: 640,
    sortBy: "duration",
    cell: (job) =>
      job.status === "pending" ? (
        <span className="quiet">{NOTHING}</span>
      ) : (
        <Took from={job.started_at} to={job.finished_at} />
      ),
  },
];

/** The same for a phone: what a job is and how, when it came, and what there is to say of it. */
export const NARROW: readonly Column<JobView>[] = [
  {
    id: "job",
    title: "Job",
    cell: (job) => (
      <span className={style["stack"]}>
        <span className={style["over"]}>
          <span className={style["type"]}>{job.type}</span>
          <StateBadge state={job.phase} />
        </span>
        <span className={style["under"]}>
          <JobId id={job.id} copy={false} />
          <span className={style["says"]}>
            <Says job={job} />
          </span>
          <Time at={job.submitted_at} />
        </span>
      </span>
    ),
  },
];

function Priority({ value }: { value: number }) {
  const level = value >= 20 ? "critical" : value > 10 ? "high" : value < 10 ? "low" : "normal";
  return (
    <span className={style["priority"]} data-level={level} title={`priority ${value}`}>
      {priority(value)}
    </span>
  );
}
