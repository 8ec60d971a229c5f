import { IconMoodCheck } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ErrorGroup, ErrorSample } from "~/api/types";
import { JobId } from "~/components/JobId";
import { Panel } from "~/components/Panel";
import { Empty } from "~/components/states";
import { Time } from "~/components/Time";
import { compact, count, counted } from "~/format";
import style from "./Errors.module.css";

interface ErrorsProps {
  groups: readonly ErrorGroup[];
  /** Whether these are all there are. */
  exact: boolean;
  /** What was looked at, where that is not everything. */
  sample: ErrorSample;
  type: string;
}

/** What attempts of a type's jobs failed of: their errors by fingerprint, the most frequent first. */
export function Errors({ groups, exact, sample, type }: ErrorsProps) {
  const dead = groups.reduce((sum, group) => sum + group.dead, 0);
  return (
    <Panel
      title="Errors"
      aside={
        groups.length > 0 && (
          <>
            <span>
              {exact ? "" : "at least "}
              {counted(dead, "dead letter")}
            </span>
            <Link to="/dead-letters" search={{ type }}>
              Dead letters
            </Link>
          </>
        )
      }
    >
      {groups.length === 0 ? (
        <Empty icon={IconMoodCheck} title="No errors">
          {lookedAt(sample) ?? "No attempt of this type has failed."}
        </Empty>
      ) : (
        <ul className={style["errors"]}>
          {groups.map((group) => (
            <Line key={`${group.fingerprint} ${group.error_type}`} group={group} />
          ))}
          {!exact && <li className={style["when"]}>{lookedAt(sample) ?? "The most frequent."}</li>}
        </ul>
      )}
    </Panel>
  );
}

/** Say of how many of the latest the errors are; null where they are of all. */
function lookedAt({ jobs, attempts }: ErrorSample): string | null {
  const parts = [
    jobs !== null && `the latest ${counted(jobs, "failed job")} of this type`,
    attempts !== null && `the latest ${counted(attempts, "attempt")} of any type that failed before another`,
  ].filter(Boolean);
  return parts.length === 0 ? null : `Of ${parts.join(" and ")}.`;
}

function Line({ group }: { group: ErrorGroup }) {
  const { fingerprint, error_type, message, count: number, jobs, dead, first_at, last_at, job_id } = group;
  return (
    <li className={style["error"]}>
      <span className={style["count"]} title={`${count(number)} failed attempts, of ${counted(jobs, "job")}`}>
        {compact(number)}
      </span>
      <div className={style["what"]}>
        <b>
          <bdi>{error_type}</bdi>
        </b>
        <p className={style["message"]} title={message.slice(0, 2_000)}>
          <bdi>{message.slice(0, 600)}</bdi>
        </p>
        <p className={style["when"]}>
          {counted(jobs, "job")}
          {dead > 0 && `, ${dead === jobs && dead > 1 ? "all" : count(dead)} dead`} · last{" "}
          <Time at={last_at} /> in <JobId id={job_id} copy={false} /> · first <Time at={first_at} /> ·{" "}
          <span className="mono">{fingerprint.slice(0, 12)}</span>
        </p>
      </div>
    </li>
  );
}
