import { Progress } from "@mantine/core";
import type { JobView } from "~/api/types";
import { useNow } from "~/components/clock";
import { ms, until } from "~/format";
import style from "./Says.module.css";

/** What there is to say of a job in one line: how far it is, what it failed of, what it waits for, else what it was given. */
export function Says({ job }: { job: JobView }) {
  if (job.status === "processing" && job.progress) return <HowFar job={job} />;
  if (job.error && (job.status === "failed" || job.phase === "retrying")) return <Failing job={job} />;
  if (job.phase === "scheduled" && job.due_at) return <Due at={job.due_at} />;
  if (job.phase === "blocked") return <span className="quiet">waits for other jobs</span>;
  if (job.status === "cancelled" && job.reason)
    return <span className="quiet">{job.reason.replaceAll("_", " ")}</span>;
  const given = job.payload_blob ? "a large payload" : JSON.stringify(job.payload);
  if (given === "{}" || given === "null" || given === undefined) return null;
  return (
    <span className={style["given"]} title={given.slice(0, 500)}>
      {plain(given)}
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

/** JSON without the marks that only machines need: `customer: "acme", order: 7`. */
function plain(json: string): string {
  return json
    .slice(0, 160)
    .replace(/"(\w+)":/g, "$1: ")
    .replace(/,(\w)/g, ", $1")
    .replace(/^\{(.*)\}$/, "$1");
}
