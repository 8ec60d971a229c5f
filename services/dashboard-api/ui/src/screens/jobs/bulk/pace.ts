/** How fast a bulk goes, and how long it will take, from how far it was when it was asked. Pure. */

import type { Bulk } from "~/api/types";

const WINDOW_MS = 15_000;
/** What took less has no rate worth telling. */
const SHORT_MS = 1_000;

/** How far it was at a time: jobs done or refused. */
export interface Sample {
  at: number;
  through: number;
}

export interface Progress {
  matched: number;
  through: number;
  refused: number;
  /** Jobs a second, of late; null where it is not known yet. */
  rate: number | null;
  leftMs: number | null;
}

export function isOver({ state }: Pick<Bulk, "state">): boolean {
  return state !== "selecting" && state !== "running";
}

export function refusedOf({ refused }: Pick<Bulk, "refused">): number {
  return Object.values(refused ?? {}).reduce((sum, jobs) => sum + jobs, 0);
}

/** Adds how far it is now; what is older than the window is let go, but for one that begins it. */
export function sampled(samples: readonly Sample[], now: Sample): Sample[] {
  const late = samples.findIndex(({ at }) => at > now.at - WINDOW_MS);
  const kept = late < 0 ? samples.slice(-1) : samples.slice(Math.max(0, late - 1));
  return [...kept, now];
}

export function progressOf(bulk: Bulk, samples: readonly Sample[]): Progress {
  const refused = refusedOf(bulk);
  const through = bulk.done + refused;
  const rate = isOver(bulk) ? overall(bulk, through) : recent(samples);
  const leftMs = rate ? (bulk.left / rate) * 1_000 : null;
  return { matched: bulk.matched ?? 0, through, refused, rate, leftMs: isOver(bulk) ? null : leftMs };
}

function recent(samples: readonly Sample[]): number | null {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || last.at - first.at < 500) return null;
  return ((last.through - first.through) / (last.at - first.at)) * 1_000;
}

function overall({ created_at, ended_at }: Bulk, through: number): number | null {
  const took = Date.parse(ended_at ?? "") - Date.parse(created_at ?? "");
  return took >= SHORT_MS ? (through / took) * 1_000 : null;
}
