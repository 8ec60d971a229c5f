import { IconStack2 } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { queues } from "~/api/reads";
import type { QueueView } from "~/api/types";
import { useRead } from "~/api/useRead";
import { Panel } from "~/components/Panel";
import { Empty, Shown } from "~/components/states";
import { compact, count, duration } from "~/format";
import { written } from "~/search/terms";
import style from "./Backlog.module.css";

const MOST = 7;

/** The queues with the most jobs in line, how long the first of them has waited, and when they will be through. */
export function Backlog() {
  const answer = useRead(queues());
  return (
    <Panel title="Backlog by queue" aside={<Link to="/queues">All queues</Link>}>
      <Shown
        of={answer}
        empty={({ items }) => items.length === 0}
        otherwise={
          <Empty icon={IconStack2} title="No queues yet">
            A queue is there once a job was submitted to it.
          </Empty>
        }
      >
        {({ items }) => <Lines queues={items} />}
      </Shown>
    </Panel>
  );
}

function Lines({ queues: all }: { queues: readonly QueueView[] }) {
  const shown = all.toSorted((one, other) => other.pending - one.pending).slice(0, MOST);
  const most = Math.max(1, ...shown.map(({ pending, processing }) => pending + processing));
  return (
    <ul className={style["lines"]}>
      {shown.map((queue) => (
        <li key={queue.name}>
          <Link
            to="/jobs"
            search={{ q: `${written("queue", queue.name)} status:pending status:processing` }}
            className={style["line"]}
          >
            <span className={style["name"]}>
              {queue.name}
              {queue.paused && <em>paused</em>}
            </span>
            <span
              className={style["figures"]}
              title={`${count(queue.pending)} pending, ${count(queue.processing)} processing`}
            >
              <span>{waitOf(queue)}</span>
              <b>{compact(queue.pending)}</b>
            </span>
            <span className={style["track"]} aria-hidden="true">
              <i data-kind="processing" style={{ width: `${(queue.processing / most) * 100}%` }} />
              <i data-kind="pending" style={{ width: `${(queue.pending / most) * 100}%` }} />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

function waitOf(queue: QueueView): string {
  if (queue.eta_ms !== null && queue.depth > 0) return `through in ${duration(queue.eta_ms)}`;
  return queue.oldest_wait_ms === null ? "" : `oldest ${duration(queue.oldest_wait_ms)}`;
}
