import { IconServer2 } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { workers } from "~/api/reads";
import type { WorkerView } from "~/api/types";
import { useRead } from "~/api/useRead";
import { Panel } from "~/components/Panel";
import { Empty, Shown } from "~/components/states";
import { bytes, count, counted, share, significant } from "~/format";
import { written } from "~/search/terms";
import style from "./Fleet.module.css";
import { alive, glance, gone, runs } from "./fleet";

/** So many workers are shown; of fewer there is room to say more. */
const MOST = 6;
const MOST_CLOSELY = 3;
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
        {({ items }) => <Lines workers={items} />}
      </Shown>
    </Panel>
  );
}

function Lines({ workers: all }: { workers: readonly WorkerView[] }) {
  const { shown, more } = glance(all, MOST);
  const closely = shown.length + more <= MOST_CLOSELY;
  return (
    <ul className={style["workers"]}>
      {shown.map((worker) => (
        <Line key={worker.id} worker={worker} closely={closely} />
      ))}
      {more > 0 && (
        <li>
          <Link to="/workers" className={style["more"]}>
            and {counted(more, "more worker")}
          </Link>
        </li>
      )}
    </ul>
  );
}

function Line({ worker, closely }: { worker: WorkerView; closely: boolean }) {
  const drawn = Math.min(worker.slots, SLOTS_MOST);
  const here = alive(worker);
  return (
    <li>
      <Link to="/jobs" search={{ q: written("worker", worker.id) }} className={style["worker"]}>
        <span className={style["name"]}>
          <span className="mono">{worker.id}</span>
          {worker.state !== "joined" && <em data-state={worker.state}>{worker.state}</em>}
        </span>
        <span className={style["figures"]}>
          {here && worker.rss_bytes !== null && <span title="Memory">{bytes(worker.rss_bytes)}</span>}
          {here && worker.cpu_percent !== null && <span>{significant(worker.cpu_percent, 2)} % CPU</span>}
          <b>
            {worker.running.length}/{worker.slots}
          </b>
        </span>
        {here && (
          <span className={style["slots"]} aria-hidden="true">
            {Array.from({ length: drawn }, (_, slot) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a slot is its place
              <i key={slot} data-busy={slot < worker.running.length || undefined} />
            ))}
            {worker.slots > drawn && <span>+{worker.slots - drawn}</span>}
          </span>
        )}
        {here && closely && (
          <span className={style["runs"]} title={runs(worker)}>
            {runs(worker) || "runs nothing"}
          </span>
        )}
      </Link>
    </li>
  );
}
