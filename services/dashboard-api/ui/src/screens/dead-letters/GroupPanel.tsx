import { Button, CloseButton } from "@mantine/core";
import { IconMoodCheck, IconRefresh } from "@tabler/icons-react";
import { useState } from "react";
import { deadLetters } from "~/api/reads";
import type { Group } from "~/api/types";
import { useRead } from "~/api/useRead";
import { Copy } from "~/components/Copy";
import { OnlyNow } from "~/components/OnlyNow";
import { Panel } from "~/components/Panel";
import { Empty, Shown } from "~/components/states";
import { exact, ms } from "~/format";
import style from "./GroupPanel.module.css";
import { RedriveDialog } from "./RedriveDialog";
import { Samples } from "./Samples";

const SAMPLES = 8;

interface GroupPanelProps {
  fingerprint: string;
  /** Undefined where none of it is left. */
  group: Group | undefined;
  where: { type: string | undefined; queue: string | undefined };
  onClose: () => void;
}

/** One error: what it says, the latest jobs that failed of it, and the way back for them. */
export function GroupPanel({ fingerprint, group, where, onClose }: GroupPanelProps) {
  const answer = useRead(deadLetters({ ...where, error_fingerprint: fingerprint, limit: SAMPLES }));
  const [asking, setAsking] = useState(false);
  return (
    <Panel
      title={<span className={style["title"]}>{group?.error_type ?? "Redriven"}</span>}
      aside={
        <>
          <OnlyNow>
            <Button
              leftSection={<IconRefresh size={14} />}
              disabled={!answer.data?.total}
              onClick={() => setAsking(true)}
            >
              Redrive
            </Button>
          </OnlyNow>
          <CloseButton size="sm" aria-label="Close the group" onClick={onClose} />
        </>
      }
    >
      {group && <Facts group={group} />}
      <Shown
        of={answer}
        empty={({ items }) => items.length === 0}
        otherwise={
          <Empty icon={IconMoodCheck} title="None is left">
            Jobs that were redriven are among the others again; what fails for good comes back here.
          </Empty>
        }
      >
        {({ items }) => <Samples jobs={items} />}
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

function Facts({ group: { message, fingerprint, types, first_at, last_at } }: { group: Group }) {
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard */}
      <section className={style["message"]} dir="auto" tabIndex={0} aria-label="What the error says">
        {message}
      </section>
      <dl className={style["facts"]}>
        <dt>Types</dt>
        <dd>{types.join(", ")}</dd>
        <dt>First seen</dt>
        <dd>{exact(ms(first_at))}</dd>
        <dt>Last seen</dt>
        <dd>{exact(ms(last_at))}</dd>
        <dt>Fingerprint</dt>
        <dd className="mono">
          {fingerprint} <Copy value={fingerprint} what="the fingerprint" />
        </dd>
      </dl>
    </>
  );
}
