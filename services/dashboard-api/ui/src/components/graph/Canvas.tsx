import { useComputedColorScheme } from "@mantine/core";
import { Background, Controls, MiniMap, ReactFlow, useStore } from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { useMemo, useRef } from "react";
import { useNow } from "~/components/clock";
import { statusFor } from "~/components/StateBadge";
import { Loading } from "~/components/states";
import style from "./Canvas.module.css";
import { criticalPath } from "./critical";
import { edgesOf, type FlowNode, useNodes } from "./elements";
import type { JobGraphProps } from "./JobGraph";
import { JobNode } from "./JobNode";
import { useLayout } from "./useLayout";
import { FAR, type Seen, seenFirst } from "./viewport";

const NODE_TYPES = { job: JobNode };
/** Of more jobs than that, there is a map of them all. */
const MAPPED = 40;
/** In a small view, fewer are all in sight and need no buttons. */
const STEERED = 5;
const WHOLE = { padding: 0.05, maxZoom: 1 };
const CRITICAL_EVERY_S = 5;

/** Draws a graph: pan, zoom, and only what is in sight. */
export function Canvas({ graph, here, small = false }: JobGraphProps) {
  const layout = useLayout(graph);
  const now = useNow(CRITICAL_EVERY_S);
  const critical = useMemo(() => criticalPath(graph.nodes, graph.edges, now).join(" "), [graph, now]);
  const nodes = useNodes(graph, layout, here, critical);
  const edges = useMemo(() => edgesOf(graph, critical), [graph, critical]);
  const scheme = useComputedColorScheme("light");
  const box = useRef<HTMLDivElement>(null);
  const seen = useRef<Seen>(undefined);
  if (box.current && layout && nodes.length > 0)
    seen.current ??= seenFirst(
      layout.places,
      layout.ids.indexOf(here),
      sizeOf(box.current),
      small ? Infinity : undefined,
    );
  return (
    <div className={style["canvas"]} ref={box}>
      {seen.current === undefined ? (
        <Loading />
      ) : (
        <ReactFlow<FlowNode>
          nodes={nodes}
          edges={edges}
          nodeTypes={NODE_TYPES}
          colorMode={scheme}
          defaultViewport={seen.current}
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
          {(!small || nodes.length >= STEERED) && (
            <Controls showInteractive={false} position="bottom-left" fitViewOptions={WHOLE} />
          )}
          {!small && (nodes.length > MAPPED || seen.current.part) && (
            <MiniMap pannable zoomable nodeClassName={mapClass} className={style["map"]} />
          )}
          <Nearness />
        </ReactFlow>
      )}
    </div>
  );
}

function sizeOf({ clientWidth, clientHeight }: HTMLElement) {
  return { width: clientWidth, height: clientHeight };
}

function mapClass({ data }: FlowNode): string {
  return style[statusFor(data.node.phase ?? "")] ?? "";
}

/** Tells the styles whether words can be read. */
function Nearness() {
  const far = useStore(({ transform }) => transform[2] < FAR);
  return <i hidden className={style["nearness"]} data-far={far || undefined} />;
}
