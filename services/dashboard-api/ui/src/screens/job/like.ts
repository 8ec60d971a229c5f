/** What submits another job like one that there is. Pure; `api/commands.ts` writes it down. */

import type { EventView, JobView } from "~/api/types";
import type { Submission } from "~/api/writes";
import { PRIORITIES } from "~/format";

type Data = EventView["data"];

const DEFAULTS = { queue: "default", priority: PRIORITIES.normal, max_attempts: 3, timeout_ms: 600_000 };
const BACKOFF = { initial_ms: 1_000, multiplier: 2, max_ms: 60_000, jitter: true };

/**
 * Returns the submission of a job like this one, with what its history says besides. What is the default is left out.
 *
 * It waits for nothing: other jobs and the time that this one waited for are not asked for again.
 */
export function submissionOf(
  job: JobView,
  history: readonly EventView[],
  payload: unknown = job.payload,
): Submission {
  const said: Data = history.find(({ event }) => event === "job.submitted")?.data ?? {};
  const like: Submission = { type: job.type, payload };
  if (job.queue !== DEFAULTS.queue) like.queue = job.queue;
  if (job.priority !== DEFAULTS.priority) like.priority = job.priority;
  const attempts = Number(said["max_attempts"] ?? job.max_attempts);
  if (attempts !== DEFAULTS.max_attempts) like.max_attempts = attempts;
  const timeout = said["timeout_ms"];
  if (typeof timeout === "number" && timeout !== DEFAULTS.timeout_ms) like.timeout_ms = timeout;
  const backoff = said["backoff"];
  if (isBackoff(backoff) && JSON.stringify(backoff) !== JSON.stringify(BACKOFF)) like.backoff = backoff;
  if (Object.keys(job.tags).length > 0) like.tags = job.tags;
  return like;
}

function isBackoff(value: unknown): value is NonNullable<Submission["backoff"]> {
  return typeof value === "object" && value !== null && "initial_ms" in value;
}
