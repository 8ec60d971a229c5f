import { IconArrowsMaximize } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { Graph } from "~/api/types";
import { JobGraph } from "~/components/graph/JobGraph";
import { Panel } from "~/components/Panel";
import { counted } from "~/format";
import style from "./Job.module.css";

/** So many need little room. */
const FEW = 4;

/** The jobs that a job hangs together with, as they are now. */
export function Dependencies({ id, graph }: { id: string; graph: Graph }) {
  return (
    <Panel
      title="Dependencies"
      flush
      aside={
        <>
          <span className="numbers">
            {graph.truncated && "at least "}
            {counted(graph.nodes.length, "job")}
          </span>
          <Link to="/jobs/$id/graph" params={{ id }} className={style["whole"]}>
            <IconArrowsMaximize size={13} /> Whole graph
          </Link>
        </>
      }
    >
      <div className={style["graph"]} data-few={graph.nodes.length <= FEW || undefined}>
        <JobGraph graph={graph} here={id} small />
      </div>
    </Panel>
  );
}
