import { jobOf } from "~/api/reads";
import type { Submitted } from "~/api/types";
import { useRead } from "~/api/useRead";
import { JobId } from "~/components/JobId";
import { Panel } from "~/components/Panel";
import { StateBadge } from "~/components/StateBadge";
import style from "./Submit.module.css";

/** What was submitted here since the screen was opened, and how it is by now. */
export function SubmittedPanel({ submitted }: { submitted: readonly Submitted[] }) {
  if (submitted.length === 0) return null;
  return (
    <Panel title="Submitted">
      <ul className={style["list"]} aria-label="Submitted">
        {submitted.map((one) => (
          <Line key={one.id} submitted={one} />
        ))}
      </ul>
    </Panel>
  );
}

function Line({ submitted: { id, type, status } }: { submitted: Submitted }) {
  const { data } = useRead(jobOf(id));
  return (
    <li>
      <span className="one-line">
        <JobId id={id} /> {type}
      </span>
      <StateBadge state={data?.phase ?? status} />
    </li>
  );
}
