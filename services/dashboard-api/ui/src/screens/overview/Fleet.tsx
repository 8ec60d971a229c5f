import { IconServer2 } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { workers } from "~/api/reads";
import type { WorkerView } from "~/api/types";
import { useRead } from "~/api/useRead";
import { Panel } from "~/components/Panel";
import { Empty, Shown } from "~/components/states";
import { count, share } from "~/format";
import { written } from "~/search/terms";
import style from "./Fleet.module.css";

/** As many squares are drawn for one worker; a number stands for what is beyond. */
const SLOTS_MOST = 32;

/** Every worker with its slots: a filled square is a job that runs. */
export function Fleet() {
  const answer = useRead(workers());
  const working = answer.data?.items.filter(alive) ?? [];
  const slots = working.reduce((sum, worker) => sum + worker.slots, 0);
  const busy = working.reduce((sum, worker) => sum + worker.running.length, 0);
  return (
    <Panel
      title="Workers"
      aside={
        <>
          {slots > 0 && (
            <span className="numbers">
              {count(busy)} of {count(slots)} slots busy · {share(busy / slots)}
            </span>
          )}
          <Link to="/workers">All</Link>
        </>
      }
    >
      <Shown
        of={answer}
        empty={({ items }) => items.every(gone)}
        otherwise={
          <Empty icon={IconServer2} title="No workers">
            Start one with <span className="mono">journeyman-worker MODULE</span>; jobs wait until then.
          </Empty>
        }
      >
        {({ items }) => (
          <ul className={style["workers"]}>
            {items
              .filter((worker) => !gone(worker))
              .map((worker) => (
                <Line key={worker.id} worker={worker} />
              ))}
          </ul>
        )}
      </Shown>
    </Panel>
  );
}

export function alive({ state }: WorkerView): boolean {
  return state === "joined" || state === "draining";
}

/** Those that said good-bye are no news; those that were lost are. */
function gone({ state }: WorkerView): boolean {
  return state === "left";
}

function Line({ worker }: { worker: WorkerView }) {
  const drawn = Math.min(worker.slots, SLOTS_MOST);
  return (
    <li>
      <Link to="/jobs" search={{ q: written("worker", worker.id) }} className={style["worker"]}>
        <span className={style["name"]}>
          <span className="mono">{worker.id}</span>
          {worker.state !== "joined" && <em data-state={worker.state}>{worker.state}</em>}
        </span>
        <span className="numbers quiet">
          {worker.running.length}/{worker.slots}
        </span>
        {alive(worker) && (
          <span className={style["slots"]} aria-hidden="true">
            {Array.from({ length: drawn }, (_, slot) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a slot is its place
              <i key={slot} data-busy={slot < worker.running.length || undefined} />
            ))}
            {worker.slots > drawn && <span>+{worker.slots - drawn}</span>}
          </span>
        )}
      </Link>
    </li>
  );
}
