import { Button, Progress } from "@mantine/core";
import { IconLoader2 } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { useMoment } from "~/api/context";
import type { WorkerView } from "~/api/types";
import { DataTable } from "~/components/DataTable";
import { JobId } from "~/components/JobId";
import { Panel } from "~/components/Panel";
import { Empty, Shown } from "~/components/states";
import { Took } from "~/components/Time";
import type { Column } from "~/components/table-model";
import { NOTHING } from "~/format";
import { type Running, runningOn } from "./fleet";
import style from "./RunningPanel.module.css";
import type { Choosing } from "./WorkersPanel";

/** What runs at this moment, on every worker or on the one that is looked at. */
export function RunningPanel({ answer, chosen, choose }: Choosing) {
  const navigate = useNavigate();
  const past = useMoment() !== undefined;
  return (
    <Panel
      title={chosen ? `Running on ${chosen}` : past ? "Running then" : "Running now"}
      aside={
        chosen && (
          <Button variant="default" size="compact-xs" onClick={() => choose(undefined)}>
            On all workers
          </Button>
        )
      }
      flush
    >
      <Shown of={answer}>
        {({ items }) => {
          const rows = runningOn(items, chosen);
          const worker = items.find(({ id }) => id === chosen);
          return (
            <>
              {worker && <Facts worker={worker} />}
              {rows.length === 0 ? (
                <Empty icon={IconLoader2} title="Nothing runs">
                  A job is here from when a worker starts it until it ends.
                </Empty>
              ) : (
                <DataTable
                  label="What runs now"
                  columns={chosen ? COLUMNS.filter(({ id }) => id !== "worker") : COLUMNS}
                  rows={rows}
                  idOf={(one) => `${one.worker} ${one.job_id}`}
                  maxHeight={420}
                  open={({ job_id }) => void navigate({ to: "/jobs/$id", params: { id: job_id } })}
                />
              )}
            </>
          );
        }}
      </Shown>
    </Panel>
  );
}

function Facts({ worker: { queues, types, state, reason } }: { worker: WorkerView }) {
  return (
    <dl className={style["facts"]}>
      <div>
        <dt>Queues</dt>
        <dd>{isEvery(queues) ? "every one there is" : <Names to="queues" names={queues} />}</dd>
      </div>
      <div>
        <dt>Types</dt>
        <dd>{types.length === 0 ? NOTHING : <Names to="types" names={types} />}</dd>
      </div>
      {reason && (
        <div>
          <dt>Why {state}</dt>
          <dd>{reason}</dd>
        </div>
      )}
    </dl>
  );
}

/** Workers say a star for every queue, or none at all. */
function isEvery(queues: readonly string[]): boolean {
  return queues.length === 0 || queues.includes("*");
}

/** Names, each a link to what it names. */
function Names({ to, names }: { to: "queues" | "types"; names: readonly string[] }) {
  return (
    <span className={style["names"]}>
      {names.map((name) =>
        to === "types" ? (
          <Link key={name} to="/types/$type" params={{ type: name }}>
            {name}
          </Link>
        ) : (
          <Link key={name} to="/queues" search={{ queue: name }}>
            {name}
          </Link>
        ),
      )}
    </span>
  );
}

const COLUMNS: readonly Column<Running>[] = [
  { id: "job", title: "Job", width: 108, cell: ({ job_id }) => <JobId id={job_id} /> },
  {
    id: "type",
    title: "Type",
    width: 160,
    from: 640,
    cell: ({ type }) => <span title={type}>{type}</span>,
    value: ({ type }) => type,
  },
  { id: "progress", title: "Progress", cell: ({ progress }) => <HowFar progress={progress} /> },
  {
    id: "worker",
    title: "Worker",
    width: 140,
    from: 800,
    cell: ({ worker }) => <span className="mono">{worker}</span>,
    value: ({ worker }) => worker,
  },
  {
    id: "attempt",
    title: "Attempt",
    width: 80,
    align: "end",
    from: 960,
    cell: ({ attempt }) => <span className="numbers">{attempt}</span>,
    value: ({ attempt }) => attempt,
  },
  {
    id: "for",
    title: "For",
    width: 96,
    align: "end",
    cell: ({ started_at }) => <Took from={started_at} to={null} />,
  },
];

function HowFar({ progress }: Pick<Running, "progress">) {
  if (progress === null)
    return (
      <span className="quiet" title="It tells no progress">
        {NOTHING}
      </span>
    );
  const percent = Math.min(100, Math.max(0, progress.percent));
  return (
    <span className={style["progress"]}>
      <Progress
        value={percent}
        size={6}
        radius="xl"
        color="var(--jm-processing-fill)"
        aria-label="Progress"
      />
      <span className="numbers">{Math.floor(percent)} %</span>
      <span className="quiet one-line" title={progress.message}>
        {progress.message}
      </span>
    </span>
  );
}
