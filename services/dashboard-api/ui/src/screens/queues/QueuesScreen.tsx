import { IconStack2 } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { queues } from "~/api/reads";
import type { QueueView } from "~/api/types";
import { useRead } from "~/api/useRead";
import { Legend } from "~/components/chart/Legend";
import { DataTable } from "~/components/DataTable";
import { Page } from "~/components/Page";
import { Panel } from "~/components/Panel";
import { Empty, Shown } from "~/components/states";
import { useAsked } from "~/components/useAsked";
import { count, counted } from "~/format";
import { written } from "~/search/terms";
import { BANDS } from "./bands";
import { columnsOf } from "./columns";
import { QueueDialog } from "./QueueDialog";

const ROW_PX = 54;
const TALLEST_PX = 760;

/** Every queue: what is in line, how fast it moves, when it is through, and the switch that stops it. */
export function QueuesScreen() {
  const answer = useRead(queues());
  return (
    <Page title="Queues" about={answer.data && <About queues={answer.data.items} />}>
      <Panel title="In line, by priority" aside={<Legend lines={BANDS} />} flush>
        <Shown
          of={answer}
          empty={({ items }) => items.length === 0}
          otherwise={
            <Empty icon={IconStack2} title="No queues yet">
              A queue is there once a job was submitted to it.
            </Empty>
          }
        >
          {({ items }) => <List queues={items} />}
        </Shown>
      </Panel>
    </Page>
  );
}

function List({ queues: items }: { queues: readonly QueueView[] }) {
  const navigate = useNavigate();
  const most = Math.max(1, ...items.map(({ depth }) => depth));
  const { name: asked, opened, ask, close } = useAsked();
  const columns = useMemo(() => columnsOf(most, ask), [most, ask]);
  return (
    <>
      <DataTable
        label="Queues"
        columns={columns}
        rows={items}
        idOf={({ name }) => name}
        rowHeight={ROW_PX}
        maxHeight={TALLEST_PX}
        initialSort={{ by: "depth", descending: true }}
        open={({ name }) => void navigate({ to: "/jobs", search: { q: written("queue", name) } })}
      />
      <QueueDialog queue={items.find(({ name }) => name === asked)} opened={opened} onClose={close} />
    </>
  );
}

function About({ queues: items }: { queues: readonly QueueView[] }) {
  const depth = items.reduce((sum, queue) => sum + queue.depth, 0);
  const paused = items.filter((queue) => queue.paused).length;
  return (
    <span className="numbers">
      {counted(items.length, "queue")} · {count(depth)} in line{paused > 0 && ` · ${count(paused)} paused`}
    </span>
  );
}
