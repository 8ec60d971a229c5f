import { Progress } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useApi } from "~/api/context";
import type { JobView } from "~/api/types";
import { Panel } from "~/components/Panel";
import { Time, Took } from "~/components/Time";
import { priority } from "~/format";
import { written } from "~/search/terms";
import style from "./Facts.module.css";
import { seen } from "./json/json";
import { traceUrl } from "./trace";

const STARTED: Readonly<Record<string, string>> = { pending: "Last started", processing: "Runs for" };

/** What is known of a job at a glance; most of it leads to the jobs that have it too. */
export function Facts({ job }: { job: JobView }) {
  const { config } = useApi();
  const trace = traceUrl(config.traceUrl, job.trace_id);
  return (
    <Panel>
      <dl className={style["facts"]}>
        <Fact name="Type">
          <Link to="/types/$type" params={{ type: job.type }}>
            {job.type}
          </Link>
        </Fact>
        <Fact name="Queue">
          <Link to="/jobs" search={{ q: written("queue", job.queue) }}>
            {job.queue}
          </Link>
        </Fact>
        <Fact name="Priority">
          {priority(job.priority)} <span className="quiet">{job.priority}</span>
        </Fact>
        <Fact name="Attempt">
          <span className="numbers">
            {job.attempt === 0 ? "none yet" : job.attempt}{" "}
            <span className="quiet">of {job.max_attempts}</span>
          </span>
        </Fact>
        {job.generation > 1 && <Fact name="Generation">{job.generation}</Fact>}
        <Fact name="Submitted">
          <Time at={job.submitted_at} />
        </Fact>
        {job.status === "pending" && job.due_at !== null && (
          <Fact name="Due">
            <Time at={job.due_at} />
          </Fact>
        )}
        {job.started_at !== null && (
          <Fact name={STARTED[job.status] ?? "Ran"}>
            {job.status === "pending" ? (
              <Time at={job.started_at} />
            ) : (
              <Took from={job.started_at} to={job.finished_at} />
            )}
          </Fact>
        )}
        {trace && (
          <Fact name="Trace">
            <a href={trace} target="_blank" rel="noreferrer" className="mono">
              {job.trace_id.slice(0, 8)}
            </a>
          </Fact>
        )}
        {Object.keys(job.tags).length > 0 && (
          <Fact name="Tags">
            <span className={style["tags"]}>
              {Object.entries(job.tags).map(([name, value]) => (
                <Link
                  key={name}
                  to="/jobs"
                  search={{ q: written("tag", `${name}=${value}`) }}
                  className={style["tag"]}
                  title={`${name} = ${value}`}
                >
                  <bdi>{seen(name)}</bdi>{" "}
                  <b>
                    <bdi>{seen(value)}</bdi>
                  </b>
                </Link>
              ))}
            </span>
          </Fact>
        )}
      </dl>
      {job.progress && job.status === "processing" && (
        <div className={style["progress"]}>
          <Progress
            value={job.progress.percent}
            aria-label="How far it is"
            transitionDuration={200}
            color="var(--jm-processing-fill)"
            flex={1}
            size="sm"
          />
          <span className="numbers">{Math.floor(job.progress.percent)} %</span>
          <bdi className="one-line" title={job.progress.message}>
            {seen(job.progress.message)}
          </bdi>
        </div>
      )}
    </Panel>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
