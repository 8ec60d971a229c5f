import { IconCategory2 } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import type { TypeInQueue } from "~/api/types";
import { BreakerBadge } from "~/components/BreakerBadge";
import { DataTable } from "~/components/DataTable";
import { Panel } from "~/components/Panel";
import { Empty } from "~/components/states";
import type { Column } from "~/components/table-model";
import { compact, count, counted } from "~/format";
import { written } from "~/search/terms";
import style from "./QueueDetails.module.css";

interface TypesPanelProps {
  queue: string;
  types: readonly TypeInQueue[];
}

/** What is in a queue by type, and whether anybody takes it. */
export function TypesPanel({ queue, types }: TypesPanelProps) {
  const navigate = useNavigate();
  const columns = useMemo(() => columnsOf(queue), [queue]);
  return (
    <Panel title="Types in it" aside={types.length > 0 && counted(types.length, "type")} flush>
      {types.length === 0 ? (
        <Empty icon={IconCategory2} title="No jobs">
          None of its jobs is known any more, or none has come yet.
        </Empty>
      ) : (
        <DataTable
          label="Types in it"
          columns={columns}
          rows={types}
          idOf={({ type }) => type}
          open={({ type }) => void navigate({ to: "/types/$type", params: { type } })}
          maxHeight={300}
        />
      )}
    </Panel>
  );
}

function columnsOf(queue: string): readonly Column<TypeInQueue>[] {
  return [
    {
      id: "type",
      title: "Type",
      cell: ({ type }) => (
        <Link to="/types/$type" params={{ type }} title={type}>
          {type}
        </Link>
      ),
      value: ({ type }) => type,
    },
    {
      id: "breaker",
      title: "Breaker",
      width: 104,
      from: 480,
      cell: ({ breaker }) => <BreakerBadge state={breaker} quiet={breaker === "closed"} />,
      value: ({ breaker }) => breaker,
    },
    {
      id: "depth",
      title: "In line",
      width: 76,
      align: "end",
      cell: (one) => (
        <Jobs jobs={one.depth} q={`${written("queue", queue)} ${written("type", one.type)} status:pending`} />
      ),
      value: ({ depth }) => depth,
    },
    {
      id: "processing",
      title: "Processing",
      width: 98,
      align: "end",
      from: 640,
      cell: ({ type, jobs }) => (
        <Jobs
          jobs={jobs.processing}
          q={`${written("queue", queue)} ${written("type", type)} status:processing`}
        />
      ),
      value: ({ jobs }) => jobs.processing,
    },
    {
      id: "workers",
      title: "Workers",
      width: 82,
      align: "end",
      cell: ({ workers }) =>
        workers === 0 ? (
          <span className={style["none"]} title="No worker of this queue knows the type">
            none
          </span>
        ) : (
          count(workers)
        ),
      value: ({ workers }) => workers,
    },
  ];
}

function Jobs({ jobs, q }: { jobs: number; q: string }) {
  if (jobs === 0) return <span className="quiet">0</span>;
  return (
    <Link to="/jobs" search={{ q }} title={count(jobs)}>
      {compact(jobs)}
    </Link>
  );
}
