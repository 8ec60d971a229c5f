/** A job as something to type elsewhere: what submits another like it, for a shell or for Python. Pure. */

import { literal, shell } from "~/api/commands";
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

export function curl(ingest: string, job: Submission): string {
  return [
    `curl -X POST ${shell(`${ingest}/jobs`)}`,
    `-H 'Content-Type: application/json'`,
    `-d ${shell(JSON.stringify(job))}`,
  ].join(" \\\n  ");
}

/** What the command line has no option for (the backoff) is left out. */
export function commandLine(job: Submission): string {
  const parts = ["journeyman submit", shell(job.type), shell(JSON.stringify(job.payload ?? {}))];
  if (job.queue !== undefined) parts.push(`--queue ${shell(job.queue)}`);
  if (job.priority !== undefined) parts.push(`--priority ${job.priority}`);
  if (job.max_attempts !== undefined) parts.push(`--max-attempts ${job.max_attempts}`);
  if (job.timeout_ms !== undefined) parts.push(`--timeout ${job.timeout_ms}ms`);
  for (const [name, value] of Object.entries(job.tags ?? {}))
    parts.push(`--tag ${shell(`${name}:${value}`)}`);
  return parts.join(" ");
}

export function python(ingest: string, job: Submission): string {
  const { type, payload, timeout_ms, ...rest } = job;
  const options = Object.entries(rest).map(([name, value]) => `, ${name}=${literal(value)}`);
  if (timeout_ms !== undefined) options.push(`, timeout=${timeout_ms}`);
  const call = `${literal(type)}, ${literal(payload ?? {})}${options.join("")}`;
  return `from journeyman import Client\n\nwith Client(${literal(ingest)}) as client:\n    client.submit(${call})\n`;
}
