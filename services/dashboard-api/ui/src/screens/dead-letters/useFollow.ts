import { useEffect, useRef, useState } from "react";
import { useLiveBatches, useLiveStatus } from "~/live/context";
import { type Fate, Follow } from "./follow";

const TELLING: ReadonlySet<string> = new Set([
  "job.redriven",
  "job.succeeded",
  "job.dead_lettered",
  "job.cancelled",
]);

interface Followed {
  fate: Fate;
  /** Whether events may have passed unseen: the stream broke, or there were too many at once. */
  missed: boolean;
}

/** Follows redrives for as long as the component is there. Returns how the jobs of one have ended so far. */
export function useFollow(redrive: string): Followed {
  const follow = useRef(new Follow());
  const [, setTold] = useState(0);
  const [missed, setMissed] = useState(false);
  const { state } = useLiveStatus();
  useEffect(() => {
    if (state !== "live") setMissed(true);
  }, [state]);
  useLiveBatches(({ events, truncated }) => {
    if (truncated) setMissed(true);
    let news = false;
    for (const event of events) {
      if (!TELLING.has(event.tag)) continue;
      const named = event.view.data["redrive"];
      const told = {
        tag: event.tag,
        jobId: event.jobId,
        redrive: typeof named === "string" ? named : undefined,
      };
      news = follow.current.take(told) || news;
    }
    if (news) setTold((times) => times + 1);
  });
  return { fate: follow.current.fateOf(redrive), missed };
}
