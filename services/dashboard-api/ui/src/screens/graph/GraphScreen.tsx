import { IconArrowLeft, IconTopologyStar3 } from "@tabler/icons-react";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useMoment } from "~/api/context";
import type { Graph } from "~/api/types";
import { JobGraph } from "~/components/graph/JobGraph";
import { useGraph } from "~/components/graph/useGraph";
import { JobId } from "~/components/JobId";
import { useKeys } from "~/components/keys";
import { Page } from "~/components/Page";
import { Panel } from "~/components/Panel";
import { StateSymbol, statusFor } from "~/components/StateBadge";
import { Empty, Shown } from "~/components/states";
import { count, counted, STATUSES } from "~/format";
import style from "./Graph.module.css";

/** A workflow: all jobs that one hangs together with, as they are now. */
export function GraphScreen() {
  const { id } = useParams({ from: "/jobs/$id/graph" });
  const answer = useGraph(id);
  const navigate = useNavigate();
  const past = useMoment() !== undefined;
  const back = () => void navigate({ to: "/jobs/$id", params: { id } });
  // In the past, Escape leads to now.
  useKeys({ v: back, Escape: () => !past && back() });
  return (
    <Page
      fill
      title="Graph"
      about={
        <span className={style["about"]}>
          <span>
            of <JobId id={id} copy={false} />
          </span>
          {answer.data && <Figures graph={answer.data} />}
        </span>
      }
      actions={
        <Link to="/jobs/$id" params={{ id }} className={style["back"]}>
          <IconArrowLeft size={14} /> The job
        </Link>
      }
    >
      <Panel flush className={style["panel"]}>
        <Shown
          of={answer}
          empty={({ edges }) => edges.length === 0}
          otherwise={
            <Empty icon={IconTopologyStar3} title="It stands alone">
              It depends on no job, and none depends on it.
            </Empty>
          }
        >
          {(graph) => <JobGraph key={id} graph={graph} here={id} />}
        </Shown>
      </Panel>
    </Page>
  );
}

function Figures({ graph: { nodes, truncated } }: { graph: Graph }) {
  const known = nodes.filter(({ phase }) => phase);
  return (
    <>
      <span className="numbers">
        {counted(nodes.length, "job")}
        {truncated && ", the nearest; there are more"}
      </span>
      {STATUSES.map((status) => {
        const number = known.filter(({ phase }) => statusFor(phase ?? "") === status).length;
        return number === 0 ? null : (
          <span key={status} className={style["figure"]}>
            <StateSymbol state={status} size={13} /> {count(number)} {status}
          </span>
        );
      })}
      <span className={style["figure"]}>
        <i className={style["critical"]} /> critical path
      </span>
    </>
  );
}
