import { IconMoonStars } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { deadLetters, scaling, workers } from "~/api/reads";
import { useRead } from "~/api/useRead";
import { JobId } from "~/components/JobId";
import { Panel } from "~/components/Panel";
import { Empty } from "~/components/states";
import { Time } from "~/components/Time";
import { useLiveBatches } from "~/live/context";
import { NOTABLE } from "~/live/tags";
import style from "./Notable.module.css";
import { type Happening, happening, latest, remembered } from "./notable";

const SHOWN = 8;
const KEPT = 40;

/** What happened of late that somebody may have to look at. */
export function Notable() {
  const [live, setLive] = useState<readonly Happening[]>([]);
  useLiveBatches(({ events }) => {
    const found = events.filter(({ tag }) => NOTABLE.has(tag)).slice(-KEPT);
    if (found.length)
      setLive((before) => [...before, ...found.map(({ view }) => happening(view))].slice(-KEPT));
  });
  const { data: dead } = useRead(deadLetters({ limit: 8 }));
  const { data: decisions } = useRead(scaling());
  const { data: fleet } = useRead(workers());
  const before = remembered(dead, decisions?.items ?? [], fleet?.items ?? []);
  const shown = latest([...live, ...before], SHOWN);
  return (
    <Panel title="Notable events">
      {shown.length === 0 ? (
        <Empty icon={IconMoonStars} title="All quiet">
          Lost workers, dead letters, paused queues and the like are told here.
        </Empty>
      ) : (
        <ol className={style["events"]}>
          {shown.map((one) => (
            <li key={one.key}>
              <i data-tag={one.tag} aria-hidden="true" />
              <span className="one-line" title={one.words}>
                {one.jobId && <JobId id={one.jobId} copy={false} />}
                {one.worker && (
                  <Link to="/workers" className="mono">
                    {one.worker}
                  </Link>
                )}{" "}
                {one.words}
              </span>
              <Time at={new Date(one.at).toISOString()} />
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
