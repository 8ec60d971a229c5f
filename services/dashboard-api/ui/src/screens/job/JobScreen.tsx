import { IconMoodSearch } from "@tabler/icons-react";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useMoment } from "~/api/context";
import { ProblemError } from "~/api/http";
import { explanationOf, historyOf, jobOf } from "~/api/reads";
import type { EventView, JobView } from "~/api/types";
import { useRead } from "~/api/useRead";
import { useGraph } from "~/components/graph/useGraph";
import { JobId } from "~/components/JobId";
import { useKeys } from "~/components/keys";
import { Page } from "~/components/Page";
import { Panel } from "~/components/Panel";
import { StateBadge } from "~/components/StateBadge";
import { Empty, Failed, Loading, Shown } from "~/components/states";
import { ended } from "~/format";
import { useLiveBatches } from "~/live/context";
import type { Tag } from "~/live/tags";
import { Actions } from "./Actions";
import { Attempts } from "./Attempts";
import { Dependencies } from "./Dependencies";
import { losses } from "./evidence";
import { Facts } from "./Facts";
import { HistoryPanel } from "./HistoryPanel";
import style from "./Job.module.css";
import { Timeline } from "./Timeline";
import { timeline } from "./timeline";
import { Payload, Result } from "./Values";
import { Why } from "./Why";

const NONE: readonly EventView[] = [];
/** Events of others that say whether a job in line is held. */
const SHUTTERS: readonly Tag[] = [
  "queue.paused",
  "queue.resumed",
  "breaker.opened",
  "breaker.half_opened",
  "breaker.closed",
];

/** One job: how it is and why, what happened to it, what it was given and returned, what it hangs together with. */
export function JobScreen() {
  const { id } = useParams({ from: "/jobs/$id" });
  const job = useRead(jobOf(id));
  const history = useRead(historyOf(id));
  useLiveBatches(({ counts }) => {
    if (job.data?.status === "pending" && SHUTTERS.some((tag) => counts.has(tag))) void job.refetch();
  });
  const unknown = useUnknown(job);
  const past = useMoment() !== undefined;
  if (job.data && !unknown) return <Known key={id} job={job.data} history={history} />;
  return (
    <Page title="Job" about={<JobId id={id} long copy={false} />}>
      <Panel>
        {unknown ? (
          <Empty icon={IconMoodSearch} title={past ? "No such job then" : "No such job"}>
            {past
              ? "It was submitted later. Or it never was, or it ended so long ago that it is forgotten."
              : "It never was, or it ended so long ago that it is forgotten."}
          </Empty>
        ) : !job.isError ? (
          <Loading lines={12} />
        ) : (
          <Failed error={job.error} again={() => void job.refetch()} />
        )}
      </Panel>
    </Page>
  );
}

/** Whether nobody knows the job; while another moment is read, as it was at the one before. */
function useUnknown({ error, isPlaceholderData, isPending }: ReturnType<typeof useRead<JobView>>): boolean {
  const [before, setBefore] = useState(false);
  const waiting = isPlaceholderData || isPending;
  const unknown = waiting ? before : error instanceof ProblemError && error.status === 404;
  if (unknown !== before) setBefore(unknown);
  return unknown;
}

interface KnownProps {
  job: JobView;
  history: ReturnType<typeof useRead<{ items: EventView[]; truncated: boolean }>>;
}

function Known({ job, history }: KnownProps) {
  const navigate = useNavigate();
  const why = useRead(explanationOf(job.id));
  const connected = job.depends_on.length + job.dependents.length > 0;
  const graph = useGraph(job.id, connected);
  const events = history.data?.items ?? NONE;
  const runs = useMemo(() => timeline(events), [events]);
  const lost = useMemo(() => losses(events), [events]);
  useKeys({ v: () => connected && void navigate({ to: "/jobs/$id/graph", params: { id: job.id } }) });
  return (
    <Page
      title={job.type}
      about={
        <span className={style["about"]}>
          <StateBadge state={job.phase} />
          <JobId id={job.id} long />
        </span>
      }
      actions={<Actions job={job} history={events} />}
    >
      <Facts job={job} />
      <div className={style["grid"]}>
        <div className={style["whole-width"]}>
          <Shown of={why} lines={2}>
            {(explanation) => <Why job={job} why={explanation} graph={graph.data} />}
          </Shown>
        </div>
        <div className={style["whole-width"]}>
          {history.isError && !history.data ? (
            <Failed error={history.error} again={() => void history.refetch()} />
          ) : history.data ? (
            <Timeline runs={runs} reason={ended(job.status) ? undefined : why.data?.reason} />
          ) : (
            <Loading />
          )}
        </div>
        {job.attempts.length > 0 && (
          <div className={style["whole-width"]}>
            <Attempts attempts={job.attempts} losses={lost} />
          </div>
        )}
        <div className={job.status === "completed" ? undefined : style["whole-width"]}>
          <Payload job={job} />
        </div>
        {job.status === "completed" && <Result key={job.generation} job={job} />}
        {connected && (
          <div className={style["whole-width"]}>
            <Shown of={graph}>{(found) => <Dependencies id={job.id} graph={found} />}</Shown>
          </div>
        )}
        <div className={style["whole-width"]}>
          <Shown of={history}>{(all) => <HistoryPanel history={all} />}</Shown>
        </div>
      </div>
    </Page>
  );
}
