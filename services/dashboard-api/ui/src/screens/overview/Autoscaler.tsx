import { IconArrowsVertical } from "@tabler/icons-react";
import { scaling } from "~/api/reads";
import type { ScalingView } from "~/api/types";
import { useRead } from "~/api/useRead";
import { WantedWorkers } from "~/components/chart/WantedWorkers";
import { Panel } from "~/components/Panel";
import { Empty, Shown } from "~/components/states";
import { Time } from "~/components/Time";
import { counted } from "~/format";
import style from "./Autoscaler.module.css";

/** How many workers the autoscaler wanted, over time, and why it last changed its mind. */
export function Autoscaler() {
  const answer = useRead(scaling());
  const last = answer.data?.items[0];
  return (
    <Panel title="Autoscaler" aside={last && <span>{counted(last.desired, "worker")} wanted</span>}>
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
      <WantedWorkers decisions={decisions} height={120} />
      <ol className={style["decisions"]}>
        {decisions.slice(0, 3).map((decision) => (
          <li key={decision.offset}>
            <b className="numbers">
              {decision.previous} → {decision.desired}
            </b>
            <span className="one-line" title={decision.reason}>
              {decision.reason}
            </span>
            <Time at={decision.at} />
          </li>
        ))}
      </ol>
    </>
  );
}
