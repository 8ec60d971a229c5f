/** Which reads an event makes old. Pure. */

import type { Topic } from "~/api/reads";
import type { Batch } from "./events";

const OF_JOBS: readonly Topic[] = ["stats", "jobs", "queues", "types"];
const MORE: Readonly<Record<string, readonly Topic[]>> = {
  "job.started": ["workers"],
  "job.succeeded": ["workers"],
  "job.failed": ["workers"],
  "job.lost": ["workers", "notable"],
  "job.returned": ["workers"],
  "job.cancelled": ["workers"],
  "job.dead_lettered": ["dead-letter", "notable"],
  "job.redriven": ["dead-letter", "notable"],
};
const OF_FAMILY: Readonly<Record<string, readonly Topic[]>> = {
  worker: ["workers", "types", "schemas", "notable"],
  queue: ["queues", "jobs", "stats", "notable"],
  fleet: ["scaling", "notable"],
  breaker: ["breakers", "queues", "types", "jobs", "stats", "notable"],
  schedule: ["schedules"],
  scheduler: ["notable"],
  log: ["stats", "notable"],
};
/** Progress changes a row and a worker's line, and no figure; they are patched, or read at their own pace. */
const OF_PROGRESS: readonly Topic[] = ["workers"];

/** Returns what a batch makes old, and which jobs it speaks of: null where that is not known. */
export function touched(batch: Batch): { topics: Set<Topic>; jobs: Set<string> | null } {
  const topics = new Set<Topic>();
  for (const tag of batch.counts.keys()) for (const topic of topicsOf(tag)) topics.add(topic);
  if (batch.truncated) return { topics, jobs: null };
  const jobs = new Set<string>();
  for (const event of batch.events) {
    const id = event.tag.startsWith("job.") || event.tag.startsWith("dependency.") ? event.jobId : undefined;
    if (id !== undefined) jobs.add(id);
  }
  return { topics, jobs };
}

function topicsOf(tag: string): readonly Topic[] {
  if (tag === "job.progressed") return OF_PROGRESS;
  const family = tag.split(".", 1)[0] ?? "";
  return family === "job" ? [...OF_JOBS, ...(MORE[tag] ?? [])] : (OF_FAMILY[family] ?? []);
}
