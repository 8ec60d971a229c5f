/** A job's graph, live: read anew when an event speaks of any of its jobs, at most so often. */

import { useEffect, useRef } from "react";
import { graphOf } from "~/api/reads";
import type { Graph } from "~/api/types";
import { useRead } from "~/api/useRead";
import { useLiveBatches } from "~/live/context";
import type { Batch } from "~/live/events";

const PAUSE_MS = 1_000;

export function useGraph(id: string, enabled = true) {
  const answer = useRead(graphOf(id), { enabled });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  useLiveBatches((batch) => {
    if (timer.current !== undefined || !answer.data || !concerns(batch, answer.data)) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      void answer.refetch();
    }, PAUSE_MS);
  });
  return answer;
}

/** Whether a batch may have changed a graph: an event of one of its jobs, or a new job that depends on one. */
export function concerns({ events, truncated }: Batch, { nodes }: Graph): boolean {
  if (truncated) return true;
  const ids = new Set(nodes.map(({ id }) => id));
  return events.some((event) => {
    if (!event.tag.startsWith("job.") || event.tag === "job.progressed") return false;
    if (ids.has(event.jobId ?? "")) return true;
    const parents = event.tag === "job.submitted" ? event.view.data["depends_on"] : undefined;
    return Array.isArray(parents) && parents.some((parent) => ids.has(parent));
  });
}
