/** What the address says of the workers: the one that is looked at, and whether those long gone are listed. */

import { textsOf } from "~/search/addresses";

export interface WorkersSearch {
  worker?: string;
  all?: true;
}

export function workersSearch(search: Record<string, unknown>): WorkersSearch {
  const found: WorkersSearch = {};
  const [worker] = textsOf(search["worker"]);
  if (worker !== undefined) found.worker = worker;
  if (search["all"] === true) found.all = true;
  return found;
}
