import { IconAlertTriangle } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useMoment } from "~/api/context";
import type { WorkerView } from "~/api/types";
import { Time } from "~/components/Time";
import type { Column } from "~/components/table-model";
import { bytes, significant } from "~/format";
import { written } from "~/search/terms";
import style from "./columns.module.css";
import { DrainButton } from "./DrainButton";
import { isLate, isThere } from "./fleet";
import { Slots } from "./Slots";

/**
 * The columns of the list of workers.
 *
 * `readAt`: when the answer came; `timeoutMs`: the silence after which one is lost; `ask`: asks whether to drain one.
 */
export function columnsOf(
  readAt: number,
  timeoutMs: number,
  ask: (id: string) => void,
): readonly Column<WorkerView>[] {
  return [
    { id: "id", title: "Worker", cell: (worker) => <Who worker={worker} />, value: ({ id }) => id },
    {
      id: "state",
      title: "State",
      width: 96,
      cell: ({ state, reason }) => (
        <span className={style["state"]} data-state={state} title={reason || undefined}>
          {state}
        </span>
      ),
      value: ({ state }) => state,
    },
    {
      id: "slots",
      title: "Slots",
      width: 170,
      from: 640,
      cell: (worker) => <Slots worker={worker} />,
      value: ({ running }) => running.length,
    },
    {
      id: "cpu",
      title: "CPU",
      width: 76,
      align: "end",
      from: 800,
      cell: (w) => (
        <span className="numbers">{w.cpu_percent === null ? "–" : `${significant(w.cpu_percent, 2)} %`}</span>
      ),
      value: (w) => w.cpu_percent,
    },
    {
      id: "memory",
      title: "Memory",
      width: 96,
      align: "end",
      from: 800,
      cell: (w) => <span className="numbers">{bytes(w.rss_bytes)}</span>,
      value: (w) => w.rss_bytes,
    },
    {
      id: "version",
      title: "Version",
      width: 86,
      from: 1120,
      cell: ({ version }) => <span title={version}>{version}</span>,
      value: ({ version }) => version,
    },
    {
      id: "heartbeat",
      title: "Heartbeat",
      width: 112,
      align: "end",
      from: 480,
      cell: (worker) => <Beat worker={worker} late={isLate(worker, readAt, timeoutMs)} />,
      value: (w) => w.last_heartbeat_at,
    },
    {
      id: "joined",
      title: "Joined",
      width: 98,
      align: "end",
      from: 960,
      cell: (w) => <Time at={w.joined_at} />,
      value: (w) => w.joined_at,
    },
    {
      id: "drain",
      title: "",
      width: 88,
      align: "end",
      cell: (w) => <DrainButton worker={w} ask={ask} />,
    },
  ];
}

function Who({ worker: { id, host, pid, instance } }: { worker: WorkerView }) {
  const on = instance ? `${instance} (${host})` : host;
  return (
    <span className={style["who"]}>
      <Link
        to="/jobs"
        search={{ q: written("worker", id) }}
        className="mono one-line"
        title={`Every job that ${id} ran`}
      >
        {id}
      </Link>
      <span className={style["where"]} title={`${on}, process ${pid}`}>
        {instance || host} · {pid}
      </span>
    </span>
  );
}

function Beat({ worker, late }: { worker: WorkerView; late: boolean }) {
  const past = useMoment() !== undefined;
  if (!isThere(worker)) return <span className="quiet">–</span>;
  if (past)
    return (
      <span className="quiet" title="Heartbeats are not kept">
        not kept
      </span>
    );
  if (worker.last_heartbeat_at === null) return <span className={style["late"]}>none</span>;
  return (
    <span className={late ? style["late"] : undefined}>
      {late && <IconAlertTriangle size={13} aria-label="late" />} <Time at={worker.last_heartbeat_at} />
    </span>
  );
}
