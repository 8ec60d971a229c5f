/** How components follow what happens. */

import { createContext, useContext, useEffect, useRef, useSyncExternalStore } from "react";
import type { Batch } from "./events";
import type { LiveStream, Status } from "./stream";

export const LiveContext = createContext<LiveStream | null>(null);

export function useLive(): LiveStream {
  const live = useContext(LiveContext);
  if (live === null) throw new Error("useLive is used outside of LiveProvider");
  return live;
}

/** The state of the connection, for the few components that show it: it changes with every batch. */
export function useLiveStatus(): Status {
  const live = useLive();
  return useSyncExternalStore(live.onStatus, () => live.status);
}

/** Calls `handle` with every batch of events while the component is there. */
export function useLiveBatches(handle: (batch: Batch) => void): void {
  const live = useLive();
  const latest = useRef(handle);
  useEffect(() => {
    latest.current = handle;
  });
  useEffect(() => live.onBatch((batch) => latest.current(batch)), [live]);
}
