/** The places of a graph's jobs, from the worker. Asked for anew only when there are other jobs or edges. */

import { useEffect, useMemo, useState } from "react";
import type { Graph } from "~/api/types";
import type { LayoutAsk, Places } from "./layout";

export interface Layout {
  ids: readonly string[];
  places: Places;
}

/** Returns where the jobs stand; null until that is known the first time. What was known stays until there is better. */
export function useLayout(graph: Graph): Layout | null {
  const [layout, setLayout] = useState<Layout | null>(null);
  const shape = useMemo(() => JSON.stringify(askOf(graph)), [graph]);
  useEffect(() => {
    const ask = JSON.parse(shape) as LayoutAsk;
    const worker = new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<Places>) => {
      setLayout({ ids: ask.ids, places: data });
      worker.terminate();
    };
    worker.postMessage(ask);
    return () => worker.terminate();
  }, [shape]);
  return layout;
}

function askOf({ nodes, edges }: Graph): LayoutAsk {
  const ids = nodes.map(({ id }) => id).sort();
  const known = new Set(ids);
  const pairs = edges
    .filter(({ from, to }) => from !== to && known.has(from) && known.has(to))
    .map(({ from, to }) => [from, to] as const)
    .sort(([from, to], [otherFrom, otherTo]) => (from + to < otherFrom + otherTo ? -1 : 1));
  return { ids, edges: pairs };
}
