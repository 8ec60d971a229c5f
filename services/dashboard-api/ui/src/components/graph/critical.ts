/** The critical path of a graph of jobs: the chain that took the longest, and so decided when everything was done. Pure. */

import type { Edge, Node } from "~/api/types";
import { ms } from "~/format";

interface Reached {
  time: number;
  jobs: number;
  before: string | null;
}

/**
 * Returns the ids of the chain of jobs, parents first, that ran the longest together; where that is the same, the one of more jobs.
 *
 * Jobs that have not ended count with the time until now. Void where no job depends on another.
 */
export function criticalPath(nodes: readonly Node[], edges: readonly Edge[], now: number): string[] {
  if (edges.length === 0) return [];
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const children = new Map<string, string[]>();
  const waits = new Map<string, number>();
  for (const { from, to } of edges) {
    if (!byId.has(from) || !byId.has(to)) continue;
    children.set(from, [...(children.get(from) ?? []), to]);
    waits.set(to, (waits.get(to) ?? 0) + 1);
  }
  const best = new Map<string, Reached>();
  const open = nodes.filter(({ id }) => !waits.has(id)).map(({ id }) => id);
  for (const id of open) extend(best, id, null, runTime(byId.get(id), now));
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const child of children.get(id) ?? []) {
      extend(best, child, id, runTime(byId.get(child), now));
      const left = (waits.get(child) ?? 0) - 1;
      waits.set(child, left);
      if (left === 0) open.push(child);
    }
  }
  return chain(best);
}

function extend(best: Map<string, Reached>, id: string, before: string | null, own: number): void {
  const reached = before === null ? undefined : best.get(before);
  const found = { time: (reached?.time ?? 0) + own, jobs: (reached?.jobs ?? 0) + 1, before };
  const known = best.get(id);
  if (known === undefined || longer(found, known)) best.set(id, found);
}

function longer(one: Reached, other: Reached): boolean {
  return one.time > other.time || (one.time === other.time && one.jobs > other.jobs);
}

function chain(best: ReadonlyMap<string, Reached>): string[] {
  let last: string | null = null;
  for (const [id, reached] of best) {
    const known = last === null ? undefined : best.get(last);
    if (known === undefined || longer(reached, known)) last = id;
  }
  const path: string[] = [];
  for (let id = last; id !== null; id = best.get(id)?.before ?? null) path.unshift(id);
  return path;
}

function runTime(node: Node | undefined, now: number): number {
  const start = ms(node?.started_at);
  if (start === null) return 0;
  return Math.max(0, (ms(node?.finished_at) ?? now) - start);
}
