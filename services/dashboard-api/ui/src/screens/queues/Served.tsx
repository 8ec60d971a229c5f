import { IconServerOff } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { Panel } from "~/components/Panel";
import { Empty } from "~/components/states";
import { count, counted } from "~/format";
import style from "./QueueDetails.module.css";

const SHOWN_MOST = 40;

/** The workers that claim from a queue. */
export function Served({ workers }: { workers: readonly string[] }) {
  return (
    <Panel title="Served by" aside={workers.length > 0 && counted(workers.length, "worker")}>
      {workers.length === 0 ? (
        <Empty icon={IconServerOff} title="No worker">
          None that is there claims from this queue: its jobs wait until one does.
        </Empty>
      ) : (
        <ul className={style["workers"]} aria-label="Served by">
          {workers.slice(0, SHOWN_MOST).map((worker) => (
            <li key={worker}>
              <Link to="/workers" search={{ worker }} className="mono">
                {worker}
              </Link>
            </li>
          ))}
          {workers.length > SHOWN_MOST && (
            <li>
              <Link to="/workers">and {count(workers.length - SHOWN_MOST)} more</Link>
            </li>
          )}
        </ul>
      )}
    </Panel>
  );
}
