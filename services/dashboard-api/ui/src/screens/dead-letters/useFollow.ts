import { useRef, useState } from "react";
import { useLiveBatches } from "~/live/context";
import { type Fate, Follow } from "./follow";

const TELLING: ReadonlySet<string> = new Set([
  "job.redriven",
  "job.succeeded",
  "job.dead_lettered",
  "job.cancelled",
]);

/** Follows redrives for as long as the component is there. Returns how the jobs of one have ended so far. */
export function useFollow(redrive: string): Fate {
  const follow = useRef(new Follow());
  const [, setTold] = useState(0);
  useLiveBatches(({ events }) => {
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
  return follow.current.fateOf(redrive);
}
