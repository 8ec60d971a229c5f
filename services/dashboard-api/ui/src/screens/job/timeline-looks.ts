/** How bars of the timeline look: waits by their reason, attempts by how they ended. Pure. */

import type { Reason } from "~/api/types";
import type { Bar, Lane } from "./timeline";

export const WORDS = {
  blocked: "waits for other jobs",
  scheduled: "waits for its time",
  queued: "in line",
  paused: "in line, queue paused",
  circuit: "in line, circuit breaker open",
  limited: "in line, limited",
  unserved: "in line, no worker for it",
  backoff: "waits for its next attempt",
  running: "runs",
  succeeded: "succeeded",
  failed: "failed",
  lost: "lost with its worker",
  returned: "given back",
  cancelled: "interrupted",
} as const;

export type Look = keyof typeof WORDS;

export const LOOKS = Object.keys(WORDS) as readonly Look[];

const OF_REASON: Readonly<Partial<Record<Reason, Look>>> = {
  queue_paused: "paused",
  circuit_open: "circuit",
  rate_limited: "limited",
  concurrency_limited: "limited",
  no_worker_for_type: "unserved",
};

/** A wait that lasts looks like the reason it has now; of one that is over, the kind is all that the log tells. */
export function lookOf(bar: Bar, lane: Lane, reason: Reason | undefined): Look {
  if (bar.kind === "running") return lane.outcome || "running";
  if (bar.kind === "queued" && bar.to === null && reason) return OF_REASON[reason] ?? "queued";
  return bar.kind;
}
