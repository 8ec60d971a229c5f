import { IconArrowsVertical } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { scaling, workers } from "~/api/reads";
import type { ScalingView } from "~/api/types";
import { useRead } from "~/api/useRead";
import { WantedWorkers } from "~/components/chart/WantedWorkers";
import { Panel } from "~/components/Panel";
import { Empty, Shown } from "~/components/states";
import { Time } from "~/components/Time";
import { count } from "~/format";
import style from "./Autoscaler.module.css";
import { alive } from "./fleet";

const DECISIONS = 5;

/** How many workers the autoscaler wants and how many there are, over time, and why it last changed its mind. */
export function Autoscaler() {
  const answer = useRead(scaling());
  const last = answer.data?.items[0];
  return (
    <Panel title="Autoscaler" aside={last && <Figures wanted={last.desired} />}>
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

function Figures({ wanted }: { wanted: number }) {
  const there = useRead(workers()).data?.items.filter(alive).length;
  return (
    <span className="numbers">
      {count(wanted)} wanted
      {there !== undefined && (
        <>
          {" · "}
          <Link to="/workers" className={style["there"]} data-other={there !== wanted || undefined}>
            {count(there)} there
          </Link>
        </>
      )}
    </span>
  );
}

function Decisions({ decisions }: { decisions: readonly ScalingView[] }) {
  return (
    <>
      <WantedWorkers decisions={decisions} height={120} />
      <ol className={style["decisions"]}>
        {decisions.slice(0, DECISIONS).map((decision) => (
          <li key={decision.offset}>
            <b className="numbers">
              {decision.previous} → {decision.desired}
            </b>
            <span className={style["reason"]} title={decision.reason}>
              {decision.reason}
            </span>
            <Time at={decision.at} />
          </li>
        ))}
      </ol>
    </>
  );
}
