/**
 * Everything that can be read, as data: a topic (what makes it old), a path and parameters.
 *
 * Screens read with `useRead(...)`; see useRead.ts. What is read depends on the moment looked at; that is added there.
 */

import type { Parameters } from "./http";
import type {
  DeadLetters,
  Explanation,
  Graph,
  History,
  JobPage,
  JobView,
  ListedBreakerView,
  ListedQueueView,
  ListedScalingView,
  ListedTypeView,
  Stats,
  WorkerList,
} from "./types";

/** What an event can make old. live/topics.ts says which event does. */
export type Topic =
  | "stats"
  | "jobs"
  | "job"
  | "queues"
  | "types"
  | "workers"
  | "scaling"
  | "dead-letter"
  | "breakers"
  | "schedules";

export interface Read<T> {
  topic: Topic;
  path: string;
  parameters?: Parameters;
  /** Of a job: changes only with events of this job. */
  jobId?: string;
  /** Never set: it carries the type of the answer. */
  answer?: T;
}

const job = <T>(id: string, rest = ""): Read<T> => ({
  topic: "job",
  path: `/jobs/${encodeURIComponent(id)}${rest}`,
  jobId: id,
});

export const stats = (window = "15m"): Read<Stats> => ({
  topic: "stats",
  path: "/stats",
  parameters: { window },
});
export const jobs = (filter: Parameters): Read<JobPage> => ({
  topic: "jobs",
  path: "/jobs",
  parameters: filter,
});
export const jobOf = (id: string): Read<JobView> => job(id);
export const historyOf = (id: string): Read<History> => job(id, "/history");
/** Why a job waits depends on everybody in line with it, so any job's event makes it old. */
export const explanationOf = (id: string): Read<Explanation> => ({
  topic: "queues",
  path: `/jobs/${encodeURIComponent(id)}/explain`,
});
export const graphOf = (id: string): Read<Graph> => job(id, "/graph");
export const queues = (): Read<ListedQueueView> => ({ topic: "queues", path: "/queues" });
export const types = (): Read<ListedTypeView> => ({ topic: "types", path: "/types" });
export const workers = (all = false): Read<WorkerList> => ({
  topic: "workers",
  path: "/workers",
  parameters: { all: all || undefined },
});
export const deadLetters = (filter: Parameters = {}): Read<DeadLetters> => ({
  topic: "dead-letter",
  path: "/dead-letter",
  parameters: filter,
});
export const scaling = (limit = 50): Read<ListedScalingView> => ({
  topic: "scaling",
  path: "/scaling",
  parameters: { limit },
});
export const breakers = (): Read<ListedBreakerView> => ({ topic: "breakers", path: "/breakers" });
