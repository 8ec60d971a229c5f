import { Progress } from "@mantine/core";
import type { JobView } from "~/api/types";
import { useNow } from "~/components/clock";
import { ms, until } from "~/format";
import { given } from "./given";
import style from "./Says.module.css";

/** What there is to say of a job in one line: how far it is, what it failed of, what it waits for, else what it was given. */
export function Says({ job }: { job: JobView }) {
  if (job.status === "processing" && job.progress) return <HowFar job={job} />;
  if (job.error && (job.status === "failed" || job.phase === "retrying")) return <Failing job={job} />;
  if (job.phase === "scheduled" && job.due_at) return <Due at={job.due_at} />;
  if (job.phase === "blocked") return <span className="quiet">waits for other jobs</span>;
  if (job.status === "cancelled" && job.reason)
    return <span className="quiet">{job.reason.replaceAll("_", " ")}</span>;
  if (job.payload_blob) return <span className="quiet">a large payload</span>;
  return <Given payload={job.payload} />;
}

/** What it was given: names and values, without the marks that only machines need. */
function Given({ payload }: { payload: unknown }) {
  const parts = given(payload);
  if (parts.length === 0) return null;
  return (
    <span title={JSON.stringify(payload).slice(0, 500)}>
      {parts.map(([name, value]) => (
        <span key={name} className={style["given"]}>
          {name && <bdi>{name}</bdi>} <bdi className={style["value"]}>{value}</bdi>
        </span>
      ))}
    </span>
  );
}

function HowFar({ job: { progress } }: { job: JobView }) {
  const percent = Math.min(100, Math.max(0, progress?.percent ?? 0));
  return (
    <span className={style["progress"]}>
      <Progress
        value={percent}
        size={6}
        radius="xl"
        color="var(--jm-processing-fill)"
        aria-label="Progress"
      />
      <span className="numbers">{Math.floor(percent)} %</span>
      <span className="quiet one-line" title={progress?.message}>
        {progress?.message}
      </span>
    </span>
  );
}

function Failing({ job: { error, phase, due_at } }: { job: JobView }) {
  const words = `${error?.type}${error?.message ? `: ${error.message}` : ""}`;
  return (
    <span className={style["error"]} title={words.slice(0, 500)}>
      {phase === "retrying" && due_at && <Due at={due_at} />} {words}
    </span>
  );
}

function Due({ at }: { at: string }) {
  const now = useNow();
  return <span className="quiet">{until(ms(at), now)}</span>;
}
