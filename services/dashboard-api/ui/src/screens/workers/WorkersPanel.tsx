import { IconServer2 } from "@tabler/icons-react";
import type { UseQueryResult } from "@tanstack/react-query";
import { useMemo } from "react";
import { useApi, useMoment } from "~/api/context";
import type { WorkerList } from "~/api/types";
import { DataTable } from "~/components/DataTable";
import { Panel } from "~/components/Panel";
import { Empty, Shown } from "~/components/states";
import { useAsked } from "~/components/useAsked";
import { columnsOf } from "./columns";
import { DrainDialog } from "./DrainDialog";
import { thereFirst } from "./fleet";

export interface Choosing {
  answer: UseQueryResult<WorkerList>;
  /** The worker that is looked at. */
  chosen: string | undefined;
  choose: (worker: string | undefined) => void;
}

const ROW_PX = 52;

/** The workers, one a line. A line that is opened shows below what its worker runs. */
export function WorkersPanel({ answer, chosen, choose }: Choosing) {
  const { config } = useApi();
  const { dataUpdatedAt } = answer;
  const past = useMoment() !== undefined;
  const { name: asked, opened, ask, close } = useAsked();
  const columns = useMemo(
    () => columnsOf(dataUpdatedAt, config.heartbeatTimeoutMs, ask),
    [dataUpdatedAt, config.heartbeatTimeoutMs, ask],
  );
  return (
    <Panel
      title="Fleet"
      aside={!past && answer.data && !answer.data.live && "heartbeats cannot be asked for at the moment"}
      flush
    >
      <Shown
        of={answer}
        empty={({ items }) => items.length === 0}
        otherwise={
          <Empty icon={IconServer2} title="No workers">
            Start one with <span className="mono">journeyman-worker MODULE</span>; jobs wait until then.
          </Empty>
        }
      >
        {({ items }) => (
          <>
            <DataTable
              label="Workers"
              columns={columns}
              rows={thereFirst(items)}
              idOf={({ id }) => id}
              rowHeight={ROW_PX}
              maxHeight={480}
              current={chosen}
              open={({ id }) => choose(id === chosen ? undefined : id)}
            />
            <DrainDialog worker={items.find(({ id }) => id === asked)} opened={opened} onClose={close} />
          </>
        )}
      </Shown>
    </Panel>
  );
}
