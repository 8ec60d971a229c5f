/** A graph as React Flow takes it. What has not changed stays the very same object, so that only the rest is drawn anew. */

import { type Edge as FlowEdge, type Node as FlowNodeOf, MarkerType, Position } from "@xyflow/react";
import { useMemo, useRef } from "react";
import type { Graph, Node } from "~/api/types";
import { HEIGHT, WIDTH } from "./layout-size";
import type { Layout } from "./useLayout";

export type FlowNode = FlowNodeOf<{ node: Node; here: boolean; critical: boolean }, "job">;

const HANDLE = { width: 1, height: 1, y: HEIGHT / 2 } as const;
/** Arrows are drawn up to so many edges; beyond, a line is enough, and quicker. */
const ARROWS = 500;
const ARROW = {
  type: MarkerType.ArrowClosed,
  markerUnits: "userSpaceOnUse",
  width: 18,
  height: 18,
  color: "var(--jm-pending-fill)",
};

/** critical: ids of the critical path, with spaces between. */
export function useNodes(
  graph: Graph,
  layout: Layout | null,
  here: string,
  critical: string,
): readonly FlowNode[] & FlowNode[] {
  const before = useRef(new Map<string, { key: string; node: FlowNode }>());
  return useMemo(() => {
    if (layout === null) return [];
    const places = new Map(layout.ids.map((id, at) => [id, layout.places[at]]));
    const onPath = new Set(critical.split(" "));
    const kept = new Map<string, { key: string; node: FlowNode }>();
    for (const node of graph.nodes) {
      const place = places.get(node.id);
      if (place === undefined) continue;
      const key = [
        place,
        node.phase,
        node.type,
        node.finished_at,
        node.id === here,
        onPath.has(node.id),
      ].join(" ");
      const known = before.current.get(node.id);
      kept.set(
        node.id,
        known?.key === key ? known : { key, node: made(node, place, node.id === here, onPath.has(node.id)) },
      );
    }
    before.current = kept;
    return [...kept.values()].map(({ node }) => node);
  }, [graph, layout, here, critical]);
}

function made(node: Node, [x, y]: readonly [number, number], here: boolean, critical: boolean): FlowNode {
  return {
    id: node.id,
    type: "job",
    position: { x, y },
    data: { node, here, critical },
    width: WIDTH,
    height: HEIGHT,
    measured: { width: WIDTH, height: HEIGHT },
    sourcePosition: Position.Right,
    targetPosition: Position.Left,
    handles: [
      { ...HANDLE, type: "target", position: Position.Left, x: 0 },
      { ...HANDLE, type: "source", position: Position.Right, x: WIDTH },
    ],
  };
}

export function edgesOf({ nodes, edges }: Graph, critical: string): FlowEdge[] {
  const statuses = new Map(nodes.map(({ id, status }) => [id, status]));
  const path = critical.split(" ");
  const next = new Map(path.map((id, at) => [id, path[at + 1]]));
  return edges.map(({ from, to }) => {
    const onPath = next.get(from) === to;
    return {
      id: `${from} ${to}`,
      source: from,
      target: to,
      className: `${classOf(statuses.get(from))} ${onPath ? "jm-critical" : ""}`,
      focusable: false,
      zIndex: onPath ? 1 : 0,
      ...(edges.length <= ARROWS ? { markerEnd: ARROW } : {}),
    };
  });
}

/** An edge says whether what it stands for has happened. */
function classOf(status: string | null | undefined): string {
  if (status === "completed") return "jm-met";
  return status === "failed" || status === "cancelled" ? "jm-broken" : "jm-awaited";
}
