/** What was filled in, as what is asked of ingest. Pure. */

import type { Redrive } from "~/api/writes";

/** No request redrives more. */
export const MOST_AT_ONCE = 100_000;

export type Scope = "canary" | "all";

export interface Filled {
  scope: Scope;
  canary: number | string;
  rate: number | string;
  stop: number | string;
}

/** Returns what to ask for, and how many jobs that will be. Fields that are empty ask for nothing. */
export function howOf({ scope, canary, rate, stop }: Filled, matched: number) {
  const how: Pick<Redrive, "limit" | "rate_per_s" | "stop_on_failures"> = {};
  const few = numberOf(canary) ?? 0;
  if (scope === "canary") how.limit = few;
  const [perSecond, failures] = [numberOf(rate), numberOf(stop)];
  if (perSecond !== undefined) how.rate_per_s = perSecond;
  if (failures !== undefined) how.stop_on_failures = failures;
  return { how, jobs: Math.min(matched, MOST_AT_ONCE, scope === "canary" ? few : matched) };
}

function numberOf(filled: number | string): number | undefined {
  const value = filled === "" ? Number.NaN : Number(filled);
  return value > 0 ? value : undefined;
}
