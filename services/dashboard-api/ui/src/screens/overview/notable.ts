/** The last things worth a person's while, from what is listed anyway and from the stream. Pure. */

import type { DeadLetters, EventView, ScalingView, WorkerView } from "~/api/types";
import { ms } from "~/format";

export interface Happening {
  key: string;
  at: number;
  /** The event's name. */
  tag: string;
  words: string;
  jobId?: string;
  worker?: string;
}

/** Says an event in words. */
export function happening({ offset, event, at, data }: EventView): Happening {
  const text = (name: string) =>
    typeof data[name] === "string" || typeof data[name] === "number" ? String(data[name]) : "";
  const words: Readonly<Record<string, string>> = {
    "job.dead_lettered": `failed for good: ${text("reason")}`,
    "job.lost": `lost with its worker ${text("worker")}`,
    "worker.joined": "joined",
    "worker.draining": "drains",
    "worker.left": "left",
    "worker.lost": "was lost",
    "queue.paused": `queue ${text("queue")} paused`,
    "queue.resumed": `queue ${text("queue")} goes on`,
    "fleet.scaled": `workers ${text("previous")} → ${text("desired")}: ${text("reason")}`,
    "scheduler.elected": "a scheduler took over",
    "log.quarantined": "an entry of the log cannot be read",
    "breaker.opened": `circuit of ${text("type") || text("name")} opened`,
    "breaker.half_opened": `circuit of ${text("type") || text("name")} is being tried`,
    "breaker.closed": `circuit of ${text("type") || text("name")} closed`,
  };
  const found: Happening = { key: offset, at: ms(at) ?? 0, tag: event, words: words[event] ?? event };
  if (event.startsWith("job.")) found.jobId = text("job_id");
  if (event.startsWith("worker.")) found.worker = text("worker");
  return found;
}

/** What was notable before the page was opened, as far as lists tell. */
export function remembered(
  dead: DeadLetters | undefined,
  decisions: readonly ScalingView[],
  workers: readonly WorkerView[],
): Happening[] {
  return [
    ...(dead?.items ?? []).map((job) => ({
      key: `dead ${job.id} ${job.generation}`,
      at: ms(job.finished_at) ?? 0,
      tag: "job.dead_lettered",
      words: `failed for good: ${job.error?.type ?? job.reason}`,
      jobId: job.id,
    })),
    ...decisions.map((decision) => ({
      key: decision.offset,
      at: ms(decision.at) ?? 0,
      tag: "fleet.scaled",
      words: `workers ${decision.previous} → ${decision.desired}: ${decision.reason}`,
    })),
    ...workers.map((worker) => ({
      key: `joined ${worker.id}`,
      at: ms(worker.joined_at) ?? 0,
      tag: "worker.joined",
      words: "joined",
      worker: worker.id,
    })),
  ];
}

/** The latest of all, each once. */
export function latest(happenings: readonly Happening[], most: number): Happening[] {
  const seen = new Set<string>();
  return happenings
    .toSorted((one, other) => other.at - one.at)
    .filter((one) => {
      const same = `${one.tag} ${one.jobId ?? one.worker ?? one.words} ${Math.round(one.at / 1000)}`;
      return seen.has(same) ? false : seen.add(same);
    })
    .slice(0, most);
}
