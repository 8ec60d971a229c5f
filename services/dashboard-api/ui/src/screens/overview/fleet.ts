/** What there is to say of the workers at a glance. Pure. */

import type { WorkerView } from "~/api/types";

/** Whether it claims jobs, or ends those it has. */
export function alive({ state }: WorkerView): boolean {
  return state === "joined" || state === "draining";
}

/** Those that said good-bye are no news; those that were lost are. */
export function gone({ state }: WorkerView): boolean {
  return state === "left";
}

/** Returns the workers to show, and how many are left out: what is wrong comes first, else each keeps its place. */
export function glance(workers: readonly WorkerView[], most: number): { shown: WorkerView[]; more: number } {
  const there = workers.filter((worker) => !gone(worker));
  const ordered = there.toSorted((one, other) => rank(one) - rank(other) || (one.id < other.id ? -1 : 1));
  return { shown: ordered.slice(0, most), more: Math.max(0, ordered.length - most) };
}

function rank({ state }: WorkerView): number {
  return ["lost", "draining"].indexOf(state) + 1 || 3;
}

/** "order.charge 3 · image.thumbnail": the types that a worker runs, the most frequent first; void where it runs none. */
export function runs({ running }: WorkerView): string {
  const counts = new Map<string, number>();
  for (const { type } of running) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts]
    .toSorted(([one, many], [other, others]) => others - many || (one < other ? -1 : 1))
    .map(([type, count]) => (count > 1 ? `${type} ${count}` : type))
    .join(" · ");
}
