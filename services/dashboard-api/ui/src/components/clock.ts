/** One clock for everything on the page that says how long ago something was. It stands still while nobody looks. */

import { useSyncExternalStore } from "react";
import { useMomentMs } from "~/api/context";

const TICK_MS = 1_000;
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function tick(): void {
  if (document.hidden) return;
  now = Date.now();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    now = Date.now();
    timer = setInterval(tick, TICK_MS);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The time that what is shown is of, in milliseconds since 1970, every so many seconds anew: in the past it stands still. */
export function useNow(everySeconds = 1): number {
  const past = useMomentMs();
  const present = useWallClock(everySeconds);
  return past ?? present;
}

/** The time that it is, whatever is looked at. */
export function useWallClock(everySeconds = 1): number {
  const step = everySeconds * TICK_MS;
  return useSyncExternalStore(subscribe, () => (step === TICK_MS ? now : now - (now % step)));
}
