/** What the address says of the queues: the one that is looked at, and how far back. */

import { textsOf } from "~/search/addresses";
import { WINDOWS, type Window, windowIn } from "~/search/windows";

export interface QueuesSearch {
  queue?: string;
  window?: Window;
}

export function queuesSearch(search: Record<string, unknown>): QueuesSearch {
  const [queue] = textsOf(search["queue"]);
  return { ...(queue !== undefined && { queue }), ...windowIn(WINDOWS, search) };
}
