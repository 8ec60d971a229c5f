/** What a commit of the log says, in a few words. Pure. */

import type { CommitView, EventView } from "~/api/types";
import { count } from "~/format";

export interface Words {
  /** Of whom it speaks: a job, which has a screen; else void. */
  jobId: string;
  says: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** Returns what a commit says: its first event that is worth telling, and how many there are besides. */
export function wordsOf({ events, count: all }: CommitView): Words {
  const told = events.find(({ event }) => !QUIET.has(event)) ?? events[0];
  if (told === undefined) return { jobId: "", says: "something that cannot be read" };
  const more = all > 1 ? `, and ${count(all - 1)} more` : "";
  const jobId = told.event.startsWith("job.") ? text(told.data["job_id"]) : "";
  return { jobId, says: `${sentence(told)}${more}` };
}

/** What comes along with others. */
const QUIET: ReadonlySet<string> = new Set(["dependency.watched", "dependency.resolved"]);

const SENTENCES: Readonly<Record<string, (data: Fields) => string>> = {
  "job.submitted": (data) => `${text(data["type"])} submitted`,
  "job.blocked": () => "waits for other jobs",
  "job.released": () => "is in line",
  "job.started": (data) => `started on ${text(data["worker"])}`,
  "job.progressed": (data) => `is at ${text(data["percent"])} %`,
  "job.succeeded": () => "completed",
  "job.failed": (data) => `attempt ${text(data["attempt"])} failed`,
  "job.returned": (data) => `came back: ${text(data["reason"])}`,
  "job.lost": (data) => `lost with ${text(data["worker"])}`,
  "job.retry_scheduled": () => "will be tried again",
  "job.dead_lettered": (data) => `failed for good: ${text(data["reason"])}`,
  "job.cancel_requested": () => "is to be cancelled",
  "job.cancelled": (data) => `cancelled: ${text(data["reason"])}`,
  "job.reprioritised": (data) => `has priority ${text(data["priority"])} now`,
  "job.redriven": (data) => `runs again, generation ${text(data["generation"])}`,
  "worker.joined": (data) => `${text(data["worker"])} joined`,
  "worker.draining": (data) => `${text(data["worker"])} drains`,
  "worker.left": (data) => `${text(data["worker"])} left`,
  "worker.lost": (data) => `${text(data["worker"])} was lost`,
  "queue.paused": (data) => `queue ${text(data["queue"])} paused`,
  "queue.resumed": (data) => `queue ${text(data["queue"])} went on`,
  "fleet.scaled": (data) => `workers ${text(data["previous"])} → ${text(data["desired"])}`,
  "scheduler.elected": () => "a scheduler took over",
  "log.trimmed": () => "the beginning of the log was cut off",
  "log.quarantined": () => "an entry of the log cannot be read",
  "breaker.opened": (data) => `circuit of ${text(data["type"])} opened`,
  "breaker.half_opened": (data) => `circuit of ${text(data["type"])} is being tried`,
  "breaker.closed": (data) => `circuit of ${text(data["type"])} closed`,
};

/** An event without its job's name: "started on w-abc". One of another version is called by its name. */
export function sentence({ event, data }: EventView): string {
  return SENTENCES[event]?.(data) ?? event;
}

function text(value: unknown): string {
  return value === null || value === undefined ? "" : String(value).slice(0, 80);
}
