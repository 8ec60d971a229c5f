import { Modal, Switch } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useMemo, useState } from "react";
import type { EventView, History } from "~/api/types";
import { AtMoment } from "~/components/AtMoment";
import { DataTable } from "~/components/DataTable";
import { Panel } from "~/components/Panel";
import type { Column } from "~/components/table-model";
import { counted, duration, exact, ms } from "~/format";
import { says } from "./evidence";
import style from "./HistoryPanel.module.css";
import { JsonTree } from "./json/JsonTree";
import { seen } from "./json/json";

/** Every event of a job, with its place in the log. A click shows all that it says. */
export function HistoryPanel({ history }: { history: History }) {
  const [progress, setProgress] = useState(false);
  const [opened, setOpened] = useState<EventView | null>(null);
  const { items, truncated } = history;
  const first = ms(items[0]?.at) ?? 0;
  const narrow = useMediaQuery("(max-width: 640px)") ?? false;
  const columns = useMemo(() => (narrow ? narrowFrom(first) : columnsFrom(first)), [first, narrow]);
  const quiet = useMemo(() => items.filter(({ event }) => event !== "job.progressed"), [items]);
  return (
    <Panel
      flush
      title="History"
      aside={
        <>
          {quiet.length < items.length && (
            <Switch
              size="xs"
              label="Progress"
              checked={progress}
              onChange={(event) => setProgress(event.currentTarget.checked)}
            />
          )}
          <span className="numbers">
            {counted(items.length, "event")}
            {truncated && ", the earliest are left out"}
          </span>
        </>
      }
    >
      <DataTable
        label="History"
        columns={columns}
        rows={progress ? items : quiet}
        idOf={({ offset }) => offset}
        open={setOpened}
        rowHeight={narrow ? 48 : 32}
        maxHeight={420}
      />
      <Modal
        opened={opened !== null}
        onClose={() => setOpened(null)}
        size="lg"
        title={<span className="mono">{opened?.event}</span>}
      >
        <p className={style["place"]}>
          <span className="mono">{opened?.offset}</span> · {exact(ms(opened?.at))}{" "}
          {opened && <AtMoment moment={opened.offset}>Show the system at this moment</AtMoment>}
        </p>
        {opened && <JsonTree value={opened.data} label={`What ${opened.event} says`} />}
      </Modal>
    </Panel>
  );
}

function columnsFrom(first: number): readonly Column<EventView>[] {
  return [
    {
      id: "after",
      title: "After",
      width: 84,
      align: "end",
      cell: ({ at }) => <After at={at} first={first} />,
    },
    { id: "event", title: "Event", width: 150, cell: ({ event }) => <Name event={event} /> },
    { id: "says", title: "Details", cell: (event) => <Says event={event} /> },
    {
      id: "offset",
      title: "Offset",
      width: 196,
      from: 800,
      cell: ({ offset }) => <span className="mono quiet">{offset}</span>,
    },
    THEN,
  ];
}

/** For a phone: what an event says stands below its name. */
function narrowFrom(first: number): readonly Column<EventView>[] {
  return [
    {
      id: "event",
      title: "Event",
      cell: (event) => (
        <span className={style["stack"]}>
          <Name event={event.event} />
          <Says event={event} />
        </span>
      ),
    },
    {
      id: "after",
      title: "After",
      width: 76,
      align: "end",
      cell: ({ at }) => <After at={at} first={first} />,
    },
    THEN,
  ];
}

const THEN: Column<EventView> = {
  id: "then",
  title: "Then",
  width: 58,
  align: "end",
  cell: ({ offset }) => <AtMoment moment={offset} />,
};

function After({ at, first }: { at: string | null; first: number }) {
  return (
    <time className="numbers quiet" title={exact(ms(at))} dateTime={at ?? undefined}>
      {duration(Math.max(0, (ms(at) ?? first) - first))}
    </time>
  );
}

function Name({ event }: { event: string }) {
  return (
    <span className={style["event"]} data-event={event}>
      {event}
    </span>
  );
}

function Says({ event }: { event: EventView }) {
  const words = seen(says(event));
  return (
    <bdi title={words.slice(0, 500)} className="quiet">
      {words.slice(0, 300)}
    </bdi>
  );
}
