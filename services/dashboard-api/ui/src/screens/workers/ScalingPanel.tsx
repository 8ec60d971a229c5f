import { IconArrowsVertical } from "@tabler/icons-react";
import { scaling } from "~/api/reads";
import type { ScalingView } from "~/api/types";
import { useRead } from "~/api/useRead";
import { WantedWorkers } from "~/components/chart/WantedWorkers";
import { DataTable } from "~/components/DataTable";
import { Panel } from "~/components/Panel";
import { Empty, Shown } from "~/components/states";
import { Time } from "~/components/Time";
import type { Column } from "~/components/table-model";
import { count, counted, duration, rate } from "~/format";
import style from "./ScalingPanel.module.css";

const DECISIONS = 200;

/** How many workers the autoscaler wanted over time, and the reason for every change of its mind. */
export function ScalingPanel() {
  const answer = useRead(scaling(DECISIONS));
  const last = answer.data?.items[0];
  return (
    <Panel
      title="Autoscaler"
      aside={last && `${counted(last.desired, "worker")} wanted · provider ${last.provider}`}
      flush
    >
      <Shown
        of={answer}
        empty={({ items }) => items.length === 0}
        otherwise={
          <Empty icon={IconArrowsVertical} title="No decisions yet">
            The autoscaler says here how many workers it wants, and why.
          </Empty>
        }
      >
        {({ items }) => <Decisions decisions={items} />}
      </Shown>
    </Panel>
  );
}

function Decisions({ decisions }: { decisions: readonly ScalingView[] }) {
  return (
    <>
      <div className={style["chart"]}>
        <WantedWorkers decisions={decisions} height={150} />
      </div>
      <DataTable
        label="Decisions of the autoscaler"
        columns={COLUMNS}
        rows={decisions}
        idOf={({ offset }) => offset}
        rowHeight={44}
        maxHeight={300}
      />
    </>
  );
}

/** In two lines, where one is too short. */
function Reason({ words }: { words: string }) {
  return (
    <span className={style["reason"]} title={words}>
      {words}
    </span>
  );
}

const COLUMNS: readonly Column<ScalingView>[] = [
  {
    id: "change",
    title: "Workers",
    width: 92,
    cell: ({ previous, desired }) => (
      <b className="numbers">
        {previous} → {desired}
      </b>
    ),
  },
  { id: "reason", title: "Because", cell: ({ reason }) => <Reason words={reason} /> },
  {
    id: "backlog",
    title: "In line",
    width: 90,
    align: "end",
    from: 800,
    cell: ({ backlog }) => <span className="numbers">{count(backlog)}</span>,
  },
  {
    id: "arrival",
    title: "Arriving",
    width: 92,
    align: "end",
    from: 960,
    cell: ({ arrival_per_s: arrival }) => <span className="numbers">{rate(arrival)}</span>,
  },
  {
    id: "each",
    title: "Each takes",
    width: 100,
    align: "end",
    from: 960,
    cell: ({ service_ms: each }) => <span className="numbers">{duration(each || null)}</span>,
  },
  { id: "at", title: "When", width: 90, align: "end", cell: ({ at }) => <Time at={at} /> },
];
