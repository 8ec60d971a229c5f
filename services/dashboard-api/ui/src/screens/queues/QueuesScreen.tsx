import { Button } from "@mantine/core";
import { IconStack2 } from "@tabler/icons-react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useRef } from "react";
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
import { BANDS } from "./bands";
import { columnsOf } from "./columns";
import { QueueDetails } from "./QueueDetails";
import { QueueDialog } from "./QueueDialog";

const ROW_PX = 48;
const TALLEST_PX = 468;

/** Every queue: what is in line, how fast it moves, and the switch that stops it; one of them, more closely. */
export function QueuesScreen() {
  const { queue: chosen, window = "15m" } = useSearch({ from: "/queues" });
  const navigate = useNavigate({ from: "/queues" });
  const answer = useRead(queues());
  const first = useFirst(answer.data?.items);
  const shown = chosen ?? first;
  return (
    <Page title="Queues" about={answer.data && <About queues={answer.data.items} />}>
      <Panel title="In line, by priority" aside={<Legend lines={BANDS} />} flush>
        <Shown
          of={answer}
          empty={({ items }) => items.length === 0}
          otherwise={
            <Empty
              icon={IconStack2}
              title="No queues yet"
              action={
                <Button component={Link} to="/submit" variant="default" mt={6}>
                  Submit a job
                </Button>
              }
            >
              A queue is there once a job was submitted to it.
            </Empty>
          }
        >
          {({ items }) => (
            <List
              queues={items}
              current={shown}
              choose={(queue) =>
                void navigate({
                  search: (before) => ({ ...before, queue }),
                  replace: true,
                  resetScroll: false,
                })
              }
            />
          )}
        </Shown>
      </Panel>
      {shown !== undefined && (
        <QueueDetails
          name={shown}
          window={window}
          look={(wanted) =>
            void navigate({
              search: (before) => ({ ...before, queue: shown, window: wanted }),
              replace: true,
              resetScroll: false,
            })
          }
        />
      )}
    </Page>
  );
}

/** The deepest queue when the screen was opened: it stays, however the list is ordered afterwards. */
function useFirst(items: readonly QueueView[] | undefined): string | undefined {
  const first = useRef<string>(undefined);
  first.current ??= items?.toSorted((one, other) => other.depth - one.depth)[0]?.name;
  return first.current;
}

interface ListProps {
  queues: readonly QueueView[];
  current: string | undefined;
  choose: (name: string) => void;
}

function List({ queues: items, current, choose }: ListProps) {
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
        current={current}
        open={({ name }) => choose(name)}
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
