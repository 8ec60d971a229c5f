import { IconArrowLeft, IconMoodSearch } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import { breakers, types } from "~/api/reads";
import type { Percentiles, TypeView } from "~/api/types";
import { useRead } from "~/api/useRead";
import { Page } from "~/components/Page";
import { Panel } from "~/components/Panel";
import { Empty, Shown } from "~/components/states";
import { duration } from "~/format";
import { Breaker } from "./Breaker";
import { BreakerBadge } from "./BreakerBadge";
import { BreakerSwitch } from "./BreakerSwitch";
import { Durations } from "./Durations";
import { Errors } from "./Errors";
import { Figures } from "./Figures";
import style from "./Types.module.css";

/** One type of job: how often well, how long, what it fails of, and its circuit breaker. */
export function TypeScreen() {
  const { type } = useParams({ from: "/types/$type" });
  const answer = useRead(types());
  const known = answer.data?.items.find((one) => one.type === type);
  const { data: all } = useRead(breakers());
  const breaker = all?.items.find((one) => one.type === type);
  return (
    <Page
      title={type}
      about={known && <BreakerBadge state={known.breaker} />}
      actions={
        <>
          <Link to="/types" className={style["back"]}>
            <IconArrowLeft size={14} /> All types
          </Link>
          {known && <BreakerSwitch type={type} state={known.breaker} />}
        </>
      }
    >
      <Shown
        of={answer}
        empty={() => known === undefined}
        otherwise={
          <Panel>
            <Empty icon={IconMoodSearch} title="No such type">
              No worker knows it, and there are no jobs of it.
            </Empty>
          </Panel>
        }
      >
        {() =>
          known && (
            <>
              <Figures view={known} />
              {breaker && breaker.state !== "closed" && <Breaker breaker={breaker} />}
              <div className={style["grid"]}>
                <Panel title="Run time" aside="of the latest that completed">
                  <Durations type={type} />
                  <LastMinute view={known} />
                </Panel>
                <Errors type={type} />
              </div>
            </>
          )
        }
      </Shown>
    </Page>
  );
}

const SHARES: readonly (keyof Percentiles)[] = ["p50", "p95", "p99"];

function LastMinute({ view }: { view: TypeView }) {
  return (
    <table className={style["percentiles"]}>
      <thead>
        <tr>
          <th scope="col">In the last minute</th>
          {SHARES.map((share) => (
            <th key={share} scope="col">
              {share}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        <Line name="Wait in line" of={view.queue_latency_ms} />
        <Line name="Run time" of={view.run_time_ms} />
      </tbody>
    </table>
  );
}

function Line({ name, of }: { name: string; of: Percentiles }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      {SHARES.map((share) => (
        <td key={share}>{duration(of[share])}</td>
      ))}
    </tr>
  );
}
