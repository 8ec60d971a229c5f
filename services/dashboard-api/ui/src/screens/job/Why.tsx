import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Explanation, Graph, JobView, Reason } from "~/api/types";
import { JobId } from "~/components/JobId";
import { Panel } from "~/components/Panel";
import { StateBadge, StateSymbol } from "~/components/StateBadge";
import { count, counted, duration } from "~/format";
import { written } from "~/search/terms";
import style from "./Why.module.css";

const MOST = 6;

interface WhyProps {
  job: JobView;
  why: Explanation;
  /** Where it is known, it tells the states of the jobs that are in the way. */
  graph: Graph | undefined;
}

/** Why a job is where it is: a sentence, what blocks it, its place in line, an estimate, and where to go. */
export function Why({ job, why, graph }: WhyProps) {
  const waits = job.status === "pending";
  return (
    <Panel title={waits && "Why is it waiting?"} className={waits ? undefined : style["settled"]}>
      <div className={style["why"]} data-shut={SHUT.has(why.reason) || undefined}>
        <StateSymbol state={job.phase} size={20} />
        <p className={style["words"]}>
          <bdi>{why.detail}</bdi>
        </p>
      </div>
      <Blockers ids={why.blocked_by} graph={graph} />
      {waits && (
        <dl className={style["figures"]}>
          {typeof why.position === "number" && (
            <div>
              <dt>Place in line</dt>
              <dd>{count(why.position)}</dd>
            </div>
          )}
          {typeof why.eta_ms === "number" && (
            <div>
              <dt>Estimate</dt>
              <dd title={`${why.eta_ms} ms`}>{why.eta_ms === 0 ? "now" : `in ${duration(why.eta_ms)}`}</dd>
            </div>
          )}
          <Elsewhere reason={why.reason} job={job} />
        </dl>
      )}
    </Panel>
  );
}

const SHUT: ReadonlySet<Reason> = new Set(["queue_paused", "circuit_open", "no_worker_for_type"]);

function Blockers({ ids, graph }: { ids: readonly string[]; graph: Graph | undefined }) {
  const [all, setAll] = useState(false);
  if (ids.length === 0) return null;
  const known = new Map(graph?.nodes.map((node) => [node.id, node]));
  return (
    <ul className={style["blockers"]} aria-label="Jobs it waits for">
      {(all ? ids : ids.slice(0, MOST)).map((id) => {
        const node = known.get(id);
        return (
          <li key={id}>
            {node?.phase && <StateBadge state={node.phase} />}
            <span className="one-line" title={node?.type ?? undefined}>
              {node?.type}
            </span>
            <JobId id={id} />
          </li>
        );
      })}
      {!all && ids.length > MOST && (
        <li>
          <Button variant="subtle" onClick={() => setAll(true)}>
            {counted(ids.length - MOST, "more job")}
          </Button>
        </li>
      )}
    </ul>
  );
}

/** The screen on which somebody can do something about it. */
function Elsewhere({ reason, job }: { reason: Reason; job: JobView }) {
  if (reason === "queue_paused") return <Link to="/queues">Resume its queue</Link>;
  if (reason === "no_worker_for_type") return <Link to="/workers">See the workers</Link>;
  if (reason === "waiting_for_worker")
    return (
      <Link to="/jobs" search={{ q: `${written("queue", job.queue)} phase:running` }}>
        See what runs
      </Link>
    );
  if (reason === "circuit_open")
    return (
      <Link to="/types/$type" params={{ type: job.type }}>
        See its circuit breaker
      </Link>
    );
  return null;
}
