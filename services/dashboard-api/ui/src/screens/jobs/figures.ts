/** How many jobs there are, as all places of the screen say it. Pure. */

import type { Counts } from "~/api/types";
import { isStatus } from "~/format";
import { terms, valuesOf } from "~/search/terms";

export interface Counted {
  total: number | undefined;
  exact: boolean;
}

export interface Figures extends Counted {
  /** Of each status; undefined where that is not known, or would be of other jobs than those that are searched. */
  counts: Counts | undefined;
}

/** Whether a search asks for statuses and nothing else. */
export function onlyStatuses(q: string): boolean {
  return terms(q).every(({ kind, value }) => kind === "status" && isStatus(value));
}

/**
 * Returns the numbers, so that no two of them contradict each other.
 *
 * Where only statuses are asked for, all are from one reading of the figures, `counts`; else the list counts what matches.
 */
export function figuresOf(q: string, list: Counted, counts: Counts | undefined): Figures {
  if (counts === undefined || !onlyStatuses(q)) return { ...list, counts: undefined };
  const statuses = [...new Set(valuesOf(q, "status").filter(isStatus))];
  const total = statuses.reduce((sum, status) => sum + counts[status], 0);
  return { total: statuses.length === 0 ? counts.total : total, exact: true, counts };
}
