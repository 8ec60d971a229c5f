/** Where the jobs of a graph stand: parents left of their children. Takes its time; meant for a worker. */

import { Graph, layout } from "@dagrejs/dagre";
import { HEIGHT, WIDTH } from "./layout-size";

/** Beyond so many jobs the ranks are found the quick way, which leaves edges a little longer. */
const MANY = 250;

export interface LayoutAsk {
  ids: readonly string[];
  edges: readonly (readonly [from: string, to: string])[];
}

/** The left upper corners, in the order of the ids. */
export type Places = readonly (readonly [x: number, y: number])[];

export function placesOf({ ids, edges }: LayoutAsk): Places {
  const graph = new Graph();
  graph.setGraph({
    rankdir: "LR",
    nodesep: 18,
    ranksep: 36,
    ranker: ids.length > MANY ? "longest-path" : "network-simplex",
  });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of ids) graph.setNode(id, { width: WIDTH, height: HEIGHT });
  for (const [from, to] of edges) graph.setEdge(from, to);
  layout(graph, ids.length > MANY ? { disableOptimalOrderHeuristic: true } : undefined);
  return ids.map((id) => {
    const { x, y } = graph.node(id) as { x: number; y: number };
    return [x - WIDTH / 2, y - HEIGHT / 2] as const;
  });
}
