/** A moment, said relative to now; the exact time is in its title. */

import { ago, between, duration, exact, ms, NOTHING } from "~/format";
import { useNow } from "./clock";

/** "12 s ago", or "in 4 m" for what is to come. */
export function Time({ at }: { at: string | null | undefined }) {
  const now = useNow();
  const moment = ms(at);
  if (moment === null) return <span className="quiet">{NOTHING}</span>;
  return (
    <time dateTime={at ?? ""} title={exact(moment)} className="numbers">
      {ago(moment, now)}
    </time>
  );
}

/** How long something took; where it has not ended, how long it has taken so far. */
export function Took({ from, to }: { from: string | null; to: string | null }) {
  return to === null && from !== null ? <TakesYet from={from} /> : <Length length={between(from, to, 0)} />;
}

function TakesYet({ from }: { from: string }) {
  const now = useNow();
  const length = between(from, null, now);
  return <Length length={length === null ? null : Math.floor(length / 1000) * 1000} />;
}

function Length({ length }: { length: number | null }) {
  return (
    <span className="numbers" title={length === null ? "" : `${length} ms`}>
      {duration(length)}
    </span>
  );
}
