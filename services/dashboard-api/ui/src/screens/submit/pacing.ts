/** Load that comes over time: how many jobs are due, and doing it second by second. */

/** How many jobs are to be there after so long; one at once, and all of them where there is no rate. */
export function due(count: number, perSecond: number | null, elapsedMs: number): number {
  if (perSecond === null) return count;
  return Math.min(count, Math.floor((elapsedMs / 1000) * perSecond) + 1);
}

const TICK_MS = 250;

interface Pace {
  count: number;
  perSecond: number | null;
  send: (jobs: number) => Promise<unknown>;
  tell: (sent: number) => void;
  signal: AbortSignal;
}

/** Sends jobs as they are due, until all are sent or it is told to stop. Throws what `send` throws. */
export async function paced({ count, perSecond, send, tell, signal }: Pace): Promise<number> {
  const start = performance.now();
  let sent = 0;
  while (sent < count && !signal.aborted) {
    const now = due(count, perSecond, performance.now() - start) - sent;
    if (now > 0) {
      await send(now);
      sent += now;
      tell(sent);
    }
    if (sent < count && !signal.aborted) await new Promise((wake) => setTimeout(wake, TICK_MS));
  }
  return sent;
}
