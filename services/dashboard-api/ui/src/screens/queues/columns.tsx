import { Link } from "@tanstack/react-router";
import type { QueueView } from "~/api/types";
import type { Column } from "~/components/table-model";
import { compact, count, duration, NOTHING, rate } from "~/format";
import { written } from "~/search/terms";
import style from "./columns.module.css";
import { DepthBar } from "./DepthBar";
import { QueueSwitch } from "./QueueSwitch";
import { standstill } from "./standstill";

/** The columns of the list of queues. `most`: the depth of the deepest; `ask`: asks whether to switch one. */
export function columnsOf(most: number, ask: (name: string) => void): readonly Column<QueueView>[] {
  return [
    {
      id: "name",
      title: "Queue",
      cell: (queue) => <Name queue={queue} most={most} />,
      value: ({ name }) => name,
    },
    {
      id: "depth",
      title: "In line",
      width: 84,
      align: "end",
      cell: ({ depth }) => (
        <b className="numbers" title={count(depth)}>
          {compact(depth)}
        </b>
      ),
      value: ({ depth }) => depth,
    },
    {
      id: "processing",
      title: "Processing",
      width: 108,
      align: "end",
      from: 800,
      cell: (queue) => <Processing queue={queue} />,
      value: ({ processing }) => processing,
    },
    {
      id: "oldest",
      title: "Oldest wait",
      width: 112,
      align: "end",
      from: 640,
      cell: ({ oldest_wait_ms: wait }) => duration(wait),
      value: ({ oldest_wait_ms: wait }) => wait,
    },
    {
      id: "in",
      title: "In",
      width: 88,
      align: "end",
      from: 960,
      cell: (q) => rate(q.rate_in_per_s),
      value: (q) => q.rate_in_per_s,
    },
    {
      id: "out",
      title: "Out",
      width: 88,
      align: "end",
      from: 960,
      cell: (q) => rate(q.rate_out_per_s),
      value: (q) => q.rate_out_per_s,
    },
    {
      id: "eta",
      title: "Drained in",
      width: 116,
      align: "end",
      from: 800,
      cell: (queue) => <Drained queue={queue} />,
      value: (q) => q.eta_ms,
    },
    {
      id: "switch",
      title: "",
      width: 112,
      align: "end",
      cell: (queue) => <QueueSwitch queue={queue} ask={ask} />,
    },
  ];
}

function Name({ queue, most }: { queue: QueueView; most: number }) {
  const { name, paused, pending, depth, by_priority } = queue;
  const elsewhere = pending - depth;
  const why = paused ? null : standstill(queue);
  return (
    <div className={style["name"]}>
      <span className={style["line"]}>
        <Link to="/jobs" search={{ q: written("queue", name) }} title={name}>
          {name}
        </Link>
        {paused && <em>paused</em>}
        {why !== null && (
          <em className={style["narrow"]} title={why.words}>
            {why.short}
          </em>
        )}
        {elsewhere > 0 && (
          <span className="quiet" title="Blocked, scheduled or waiting to be tried again: not in line yet">
            +{compact(elsewhere)} to come
          </span>
        )}
      </span>
      <DepthBar byPriority={by_priority} most={most} />
    </div>
  );
}

function Processing({ queue: { name, processing } }: { queue: QueueView }) {
  if (processing === 0) return <span className="quiet">0</span>;
  return (
    <Link to="/jobs" search={{ q: `${written("queue", name)} status:processing` }}>
      {count(processing)}
    </Link>
  );
}

function Drained({ queue }: { queue: QueueView }) {
  if (queue.depth === 0) return <span className="quiet">{NOTHING}</span>;
  const why = standstill(queue);
  if (why !== null)
    return (
      <span className={queue.paused ? "quiet" : style["stands"]} title={why.words}>
        {why.short}
      </span>
    );
  return <span title="If jobs go on coming and going as in the last minute">{duration(queue.eta_ms)}</span>;
}
