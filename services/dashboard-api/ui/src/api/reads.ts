/**
 * Everything that can be read, as data: a topic (what makes it old), a path and parameters.
 *
 * Screens read with `useRead(...)`; see useRead.ts. What is read depends on the moment looked at; that is added there.
 */

import type { Parameters } from "./http";
import { momentAt } from "./moments";
import type {
  Around,
  Bulk,
  DeadLetters,
  Explanation,
  Graph,
  History,
  JobPage,
  JobView,
  ListedBreakerView,
  ListedBulk,
  ListedNotableView,
  ListedQueueView,
  ListedScalingView,
  ListedTypeView,
  Moments,
  QueueDetail,
  Stats,
  TypeDetail,
  WorkerList,
} from "./types";

/** What an event can make old. live/topics.ts says which event does. */
export type Topic =
  | "stats"
  | "jobs"
  | "job"
  | "queues"
  | "types"
  | "schemas"
  | "workers"
  | "scaling"
  | "dead-letter"
  | "breakers"
  | "notable"
  | "schedules"
  | "bulks";

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
/** A queue, more closely. window: how far back. */
export const queueOf = (name: string, window = "15m"): Read<QueueDetail> => ({
  topic: "queues",
  path: `/queues/${encodeURIComponent(name)}`,
  parameters: { window },
});
export const types = (): Read<ListedTypeView> => ({ topic: "types", path: "/types" });
/** A type, more closely. window: how far back. */
export const typeOf = (type: string, window = "1h"): Read<TypeDetail> => ({
  topic: "types",
  path: `/types/${encodeURIComponent(type)}`,
  parameters: { window },
});
/** A type, for the schema of its payload: that changes only when workers come. */
export const schemaOf = (type: string): Read<TypeDetail> => ({ ...typeOf(type, "1m"), topic: "schemas" });
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
export const notable = (limit: number): Read<ListedNotableView> => ({
  topic: "notable",
  path: "/notable",
  parameters: { limit },
});
export const breakers = (): Read<ListedBreakerView> => ({ topic: "breakers", path: "/breakers" });
/** Bulks are of this dashboard, not of the log: no event tells of them, and the past does not have them. */
export const bulks = (): Read<ListedBulk> => ({ topic: "bulks", path: "/bulk" });
export const bulkOf = (id: string): Read<Bulk> => ({
  topic: "bulks",
  path: `/bulk/${encodeURIComponent(id)}`,
});
/** Which moments there are; always as of now. `between`: the part of them whose activity is asked for. */
export const moments = (between?: { from: number; to: number }): Read<Moments> => ({
  topic: "stats",
  path: "/moments",
  parameters: between ? { since: momentAt(between.from), until: momentAt(between.to) } : {},
});
/** The latest commit of a moment, and those before and behind it. */
export const commitsAround = (): Read<Around> => ({ topic: "stats", path: "/moments/around" });
