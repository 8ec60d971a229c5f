import { Button } from "@mantine/core";
import { IconMoodCheck, IconRefresh } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { deadLetters } from "~/api/reads";
import type { Group } from "~/api/types";
import { useRead } from "~/api/useRead";
import { Copy } from "~/components/Copy";
import { OnlyNow } from "~/components/OnlyNow";
import { Panel } from "~/components/Panel";
import { Empty, Shown } from "~/components/states";
import { Time } from "~/components/Time";
import { counted } from "~/format";
import { written } from "~/search/terms";
import { Failures } from "./Failures";
import type { Steps } from "./failures";
import style from "./GroupPanel.module.css";
import { RedriveDialog } from "./RedriveDialog";
import { Samples } from "./Samples";

const SAMPLES = 8;

interface GroupPanelProps {
  fingerprint: string;
  /** Undefined where none of it is left. */
  group: Group | undefined;
  steps: Steps;
  where: { type: string | undefined; queue: string | undefined };
  /** Keep this one, though others may come before it. */
  hold: () => void;
  /** Look at another. */
  leave: () => void;
}

/** One error: what it says, when and where it was, the latest jobs that failed of it, and the way back for them. */
export function GroupPanel({ fingerprint, group, steps, where, hold, leave }: GroupPanelProps) {
  const answer = useRead(deadLetters({ ...where, error_fingerprint: fingerprint, limit: SAMPLES }));
  const [asking, setAsking] = useState(false);
  return (
    <Panel
      title={<span className={style["title"]}>{group?.error_type ?? "Redriven"}</span>}
      aside={
        <OnlyNow>
          <Button
            leftSection={<IconRefresh size={14} />}
            disabled={!answer.data?.total}
            onClick={() => {
              hold();
              setAsking(true);
            }}
          >
            Redrive
          </Button>
        </OnlyNow>
      }
    >
      {group && <Facts group={group} steps={steps} />}
      <Shown
        of={answer}
        empty={({ items }) => items.length === 0}
        otherwise={
          <Empty
            icon={IconMoodCheck}
            title="None is left"
            action={
              <Button variant="default" mt={6} onClick={leave}>
                Show the others
              </Button>
            }
          >
            Jobs that were redriven are among the others again; what fails for good comes back here.
          </Empty>
        }
      >
        {({ items, total }) => (
          <>
            <header className={style["latest"]}>
              <h3>Latest</h3>
              {total > items.length && (
                <Link to="/jobs" search={{ q: `${written("error", fingerprint)} phase:dead` }}>
                  All {counted(total, "job")}
                </Link>
              )}
            </header>
            <Samples jobs={items} />
          </>
        )}
      </Shown>
      <RedriveDialog
        opened={asking}
        onClose={() => setAsking(false)}
        what={`Dead letters of ${group?.error_type ?? "this error"}`}
        where={{ ...where, error_fingerprint: fingerprint }}
      />
    </Panel>
  );
}

function Facts({ group, steps }: { group: Group; steps: Steps }) {
  const { message, fingerprint, types, queues, first_at, last_at, series } = group;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
      <section className={style["message"]} dir="auto" tabIndex={0} aria-label="What the error says">
        {message}
      </section>
      <Failures series={series} steps={steps} large />
      <dl className={style["facts"]}>
        <div>
          <dt>{types.length === 1 ? "Type" : "Types"}</dt>
          <dd>
            {types.map((type) => (
              <Link key={type} to="/types/$type" params={{ type }}>
                {type}
              </Link>
            ))}
          </dd>
        </div>
        <div>
          <dt>{queues.length === 1 ? "Queue" : "Queues"}</dt>
          <dd>
            {queues.map((queue) => (
              <Link key={queue} to="/queues" search={{ queue }}>
                {queue}
              </Link>
            ))}
          </dd>
        </div>
        <div>
          <dt>First seen</dt>
          <dd>
            <Time at={first_at} />
          </dd>
        </div>
        <div>
          <dt>Last seen</dt>
          <dd>
            <Time at={last_at} />
          </dd>
        </div>
        <div>
          <dt>Fingerprint</dt>
          <dd className="mono" title={fingerprint}>
            {fingerprint.slice(0, 12)} <Copy value={fingerprint} what="the fingerprint" />
          </dd>
        </div>
      </dl>
    </>
  );
}
