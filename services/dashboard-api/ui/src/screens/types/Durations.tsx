import { IconChartBar } from "@tabler/icons-react";
import { useMemo } from "react";
import { jobs } from "~/api/reads";
import type { JobView } from "~/api/types";
import { useRead } from "~/api/useRead";
import { Empty, Shown } from "~/components/states";
import { counted, duration, ms } from "~/format";
import { bucketsOf } from "./buckets";
import style from "./Durations.module.css";

const SAMPLE = 500;

/** How long the latest jobs of a type ran: a histogram, with a scale that grows tenfold in three steps. */
export function Durations({ type }: { type: string }) {
  const answer = useRead(jobs({ type, status: "completed", limit: SAMPLE }), { keep: true });
  return (
    <Shown
      of={answer}
      empty={({ items }) => items.length === 0}
      otherwise={
        <Empty icon={IconChartBar} title="None has completed">
          How long they run is shown here.
        </Empty>
      }
    >
      {({ items }) => <Histogram items={items} />}
    </Shown>
  );
}

function Histogram({ items }: { items: readonly JobView[] }) {
  const buckets = useMemo(() => bucketsOf(items.map(ran).filter((one) => one !== null)), [items]);
  const most = Math.max(1, ...buckets.map(({ count }) => count));
  return (
    <figure className={style["histogram"]} aria-label={`Run time of ${counted(items.length, "job")}`}>
      <ol className={style["bars"]}>
        {buckets.map(({ from, to, count }) => {
          const words = `${duration(from)} to ${duration(to)}: ${counted(count, "job")}`;
          return (
            <li key={from} title={words}>
              <span className={style["unseen"]}>{words}</span>
              <span className={style["room"]} aria-hidden="true">
                <i style={{ height: `${(count / most) * 100}%` }} data-none={count === 0 || undefined} />
              </span>
              <span className={style["tick"]} aria-hidden="true">
                {from === 0 ? "0" : duration(from)}
              </span>
            </li>
          );
        })}
      </ol>
      <figcaption className={style["about"]}>{counted(items.length, "job")}</figcaption>
    </figure>
  );
}

function ran({ started_at, finished_at }: JobView): number | null {
  const from = ms(started_at);
  const to = ms(finished_at);
  return from === null || to === null ? null : to - from;
}
