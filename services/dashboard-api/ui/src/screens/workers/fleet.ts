/** What is to be known of workers beyond what each says of itself. Pure. */

import type { RunningView, WorkerView } from "~/api/types";
import { ms } from "~/format";

/** Whether a worker is there: it claims jobs, or works off what it has. */
export function isThere({ state }: WorkerView): boolean {
  return state === "joined" || state === "draining";
}

/** Those that are there first; else as they came. */
export function thereFirst(workers: readonly WorkerView[]): WorkerView[] {
  return workers.toSorted((one, other) => Number(isThere(other)) - Number(isThere(one)));
}

export interface Sum {
  workers: number;
  slots: number;
  busy: number;
}

export function sumOf(workers: readonly WorkerView[]): Sum {
  const there = workers.filter(isThere);
  return {
    workers: there.length,
    slots: there.reduce((sum, { slots }) => sum + slots, 0),
    busy: there.reduce((sum, { running }) => sum + running.length, 0),
  };
}

/** A worker beats four times in this; after two beats that did not come it is worth a look. */
const LATE_SHARE = 0.75;

/** Whether a worker that should be there has not been heard of for long. `at`: when the answer came. */
export function isLate(worker: WorkerView, at: number, timeoutMs: number): boolean {
  const beat = ms(worker.last_heartbeat_at);
  return isThere(worker) && beat !== null && at - beat > timeoutMs * LATE_SHARE;
}

export interface Running extends RunningView {
  worker: string;
}

/** Everything that runs, on all workers or on one; the longest running first. */
export function runningOn(workers: readonly WorkerView[], only: string | undefined): Running[] {
  return workers
    .filter(({ id }) => only === undefined || id === only)
    .flatMap(({ id, running }) => running.map((one) => ({ ...one, worker: id })))
    .toSorted((one, other) => (ms(one.started_at) ?? 0) - (ms(other.started_at) ?? 0));
}

/** The versions that are at work: more than one while they are being renewed. */
export function versionsOf(workers: readonly WorkerView[]): string[] {
  return [...new Set(workers.filter(isThere).map(({ version }) => version))].toSorted();
}
