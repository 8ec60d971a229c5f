import { IconAlertTriangle } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { queueOf } from "~/api/reads";
import type { QueueDetail } from "~/api/types";
import { useRead } from "~/api/useRead";
import { Course } from "~/components/span/Course";
import { HowFarBack } from "~/components/span/HowFarBack";
import { Lengths } from "~/components/span/Lengths";
import { Unanswered } from "~/components/Unanswered";
import { written } from "~/search/terms";
import { WINDOWS, type Window } from "~/search/windows";
import style from "./QueueDetails.module.css";
import { Served } from "./Served";
import { standstill } from "./standstill";
import { TypesPanel } from "./TypesPanel";

interface QueueDetailsProps {
  name: string;
  window: Window;
  look: (window: Window) => void;
}

/** One queue: why nothing leaves it, what came and went, how long its jobs wait, what they are, and who serves it. */
export function QueueDetails({ name, window, look }: QueueDetailsProps) {
  const answer = useRead(queueOf(name, window), { keep: true });
  const known = answer.data?.name === name ? answer.data : undefined;
  return (
    <section className={style["queue"]} aria-label={`Queue ${name}`}>
      <header className={style["head"]}>
        <h2>{name}</h2>
        <Link to="/jobs" search={{ q: written("queue", name) }}>
          Its jobs
        </Link>
        <HowFarBack windows={WINDOWS} window={window} look={look} />
      </header>
      {known ? (
        <Known queue={known} window={window} />
      ) : (
        <Unanswered answer={answer} lines={8} title="No such queue">
          No job was ever submitted to it.
        </Unanswered>
      )}
    </section>
  );
}

function Known({ queue, window }: { queue: QueueDetail; window: Window }) {
  const why = standstill(queue);
  const jobs = useMemo(
    () => ({ total: queue.types.reduce((sum, type) => sum + type.jobs.total, 0) }),
    [queue.types],
  );
  return (
    <>
      {why !== null && (
        <p className={style["why"]} role="note">
          <IconAlertTriangle size={15} aria-hidden="true" /> {why.words}
        </p>
      )}
      <div className={style["grid"]}>
        <Course label="Jobs of the queue a second, over time" span={queue.span} jobs={jobs} />
        <Lengths span={queue.span} window={window} first="queue_latency" />
        <TypesPanel queue={queue.name} types={queue.types} />
        <Served workers={queue.workers} />
      </div>
    </>
  );
}
