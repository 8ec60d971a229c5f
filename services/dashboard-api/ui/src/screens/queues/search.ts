/** What the address says of the queues: the one that is looked at, and how far back. */

import { textsOf } from "~/search/addresses";

export const WINDOWS = ["15m", "1h", "6h"] as const;
export type Window = (typeof WINDOWS)[number];

export interface QueuesSearch {
  queue?: string;
  window?: Window;
}

export function queuesSearch(search: Record<string, unknown>): QueuesSearch {
  const found: QueuesSearch = {};
  const [queue] = textsOf(search["queue"]);
  if (queue !== undefined) found.queue = queue;
  const window = WINDOWS.find((one) => one === search["window"]);
  if (window !== undefined) found.window = window;
  return found;
}
