import { useComputedColorScheme } from "@mantine/core";
import { Background, Controls, MiniMap, ReactFlow, useStore } from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { useMemo } from "react";
import { useNow } from "~/components/clock";
import { statusFor } from "~/components/StateBadge";
import { Loading } from "~/components/states";
import style from "./Canvas.module.css";
import { criticalPath } from "./critical";
import { edgesOf, type FlowNode, useNodes } from "./elements";
import type { JobGraphProps } from "./JobGraph";
import { JobNode } from "./JobNode";
import { useLayout } from "./useLayout";

const NODE_TYPES = { job: JobNode };
/** Of more jobs than that, a small view shows the neighbourhood of its own. */
const NEAR = 40;
/** Smaller than so, words cannot be read: jobs are blocks of colour then. */
const FAR = 0.45;
const CRITICAL_EVERY_S = 5;

/** Draws a graph: pan, zoom, and only what is in sight. */
export function Canvas({ graph, here, small = false }: JobGraphProps) {
  const layout = useLayout(graph);
  const now = useNow(CRITICAL_EVERY_S);
  const critical = useMemo(() => criticalPath(graph.nodes, graph.edges, now).join(" "), [graph, now]);
  const nodes = useNodes(graph, layout, here, critical);
  const edges = useMemo(() => edgesOf(graph, critical), [graph, critical]);
  const scheme = useComputedColorScheme("light");
  if (nodes.length === 0) return <Loading />;
  const near = small && nodes.length > NEAR ? { nodes: [{ id: here }], maxZoom: 0.8 } : { maxZoom: 1 };
  return (
    <div className={style["canvas"]}>
      <ReactFlow<FlowNode>
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        colorMode={scheme}
        fitView
        fitViewOptions={{ padding: 0.12, ...near }}
        minZoom={0.02}
        maxZoom={1.6}
        onlyRenderVisibleElements
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        deleteKeyCode={null}
        zoomOnScroll={!small}
        preventScrolling={!small}
        zoomOnDoubleClick={false}
      >
        <Background gap={22} size={1} color="var(--jm-line-strong)" />
        <Controls showInteractive={false} position="bottom-left" />
        {!small && nodes.length > NEAR && <MiniMap pannable zoomable nodeClassName={mapClass} />}
        <Nearness />
      </ReactFlow>
    </div>
  );
}

function mapClass({ data }: FlowNode): string {
  return style[statusFor(data.node.phase ?? "")] ?? "";
}

/** Tells the styles whether words can be read. */
function Nearness() {
  const far = useStore(({ transform }) => transform[2] < FAR);
  return <i hidden className={style["nearness"]} data-far={far || undefined} />;
}
