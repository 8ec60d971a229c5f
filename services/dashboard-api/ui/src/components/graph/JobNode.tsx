import { Link } from "@tanstack/react-router";
import { Handle, type NodeProps, Position } from "@xyflow/react";
import { memo } from "react";
import type { Node } from "~/api/types";
import { StateSymbol, statusFor } from "~/components/StateBadge";
import { Took } from "~/components/Time";
import { shortId } from "~/format";
import style from "./Canvas.module.css";
import type { FlowNode } from "./elements";

/** A job of a graph, as a link to it. One that is not known has only its id. */
export const JobNode = memo(function JobNode({ data: { node, here, critical } }: NodeProps<FlowNode>) {
  const phase = node.phase ?? "unknown";
  const about = `${node.type ?? "not known any more"}, ${phase}${critical ? ", on the critical path" : ""}`;
  return (
    <>
      <Handle type="target" position={Position.Left} className={style["handle"]} isConnectable={false} />
      <Link
        to="/jobs/$id"
        params={{ id: node.id }}
        className={`nodrag ${style["job"]}`}
        data-look={node.phase ? statusFor(node.phase) : "unknown"}
        data-here={here || undefined}
        data-critical={critical || undefined}
        aria-current={here ? "page" : undefined}
        title={`${about}\n${node.id}`}
        draggable={false}
      >
        <StateSymbol state={node.phase ?? "cancelled"} size={17} title={phase} />
        <span className={style["words"]}>
          <b>{node.type ?? "unknown"}</b>
          <span className="quiet">
            {phase} · {node.started_at ? <Ran node={node} /> : shortId(node.id)}
          </span>
        </span>
      </Link>
      <Handle type="source" position={Position.Right} className={style["handle"]} isConnectable={false} />
    </>
  );
});

/** How long it has run: in a workflow that says more than an id. */
function Ran({ node: { started_at = null, finished_at = null } }: { node: Node }) {
  return <Took from={started_at} to={finished_at} />;
}
