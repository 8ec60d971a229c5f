import { useState } from "react";
import type { JobView } from "~/api/types";
import { JobId } from "~/components/JobId";
import { Time } from "~/components/Time";
import style from "./Samples.module.css";

/** The latest jobs of a group; of one of them, the way its error took. */
export function Samples({ jobs }: { jobs: readonly JobView[] }) {
  const [chosen, setChosen] = useState<string | null>(null);
  const shown = jobs.find(({ id }) => id === chosen) ?? jobs[0];
  return (
    <>
      <ul className={style["samples"]}>
        {jobs.map((job) => (
          <li key={job.id} data-shown={job === shown || undefined}>
            <JobId id={job.id} />
            <span className="one-line" title={`${job.type} of ${job.queue}`}>
              {job.type} <span className="quiet">{job.queue}</span>
            </span>
            <span className="quiet numbers" title="The attempt that failed, of so many">
              {job.attempt} of {job.max_attempts}
            </span>
            <Time at={job.finished_at} />
            <button type="button" className={style["show"]} onClick={() => setChosen(job.id)}>
              Error
            </button>
          </li>
        ))}
      </ul>
      {shown?.error && (
        <section
          className={style["trace"]}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
          tabIndex={0}
          aria-label={`The error of ${shown.id}`}
        >
          {shown.error.traceback || `${shown.error.type}: ${shown.error.message}`}
        </section>
      )}
    </>
  );
}
