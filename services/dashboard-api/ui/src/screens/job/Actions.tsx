import { Button, Menu } from "@mantine/core";
import { IconArrowsSort, IconBan, IconDots, IconEdit, IconRefresh } from "@tabler/icons-react";
import { useState } from "react";
import { useMoment } from "~/api/context";
import type { EventView, JobView } from "~/api/types";
import { ONLY_NOW, useWrite } from "~/api/useWrite";
import { retryJob, setPriority } from "~/api/writes";
import { useKeys } from "~/components/keys";
import { OnlyNow } from "~/components/OnlyNow";
import { ended, PRIORITIES, priority } from "~/format";
import { CancelDialog } from "./CancelDialog";
import { CopyItems } from "./CopyItems";
import { EditDialog } from "./EditDialog";

interface ActionsProps {
  job: JobView;
  history: readonly EventView[];
}

/** What can be done with a job as it is. In the past nothing can; a job can be copied at any time. */
export function Actions({ job, history }: ActionsProps) {
  const past = useMoment() !== undefined;
  const [asking, setAsking] = useState<"cancel" | "edit" | null>(null);
  const retry = useWrite({
    write: retryJob,
    done: ({ generation }) => `It runs again, as generation ${generation}.`,
  });
  const move = useWrite({
    write: (api, value: number) => setPriority(api, job.id, value),
    done: (answer) => `Its priority is ${priority(answer.priority)} now.`,
  });
  const open = !ended(job.status);
  const retryable = job.status === "failed" || job.status === "cancelled";
  useKeys({
    c: () => !past && open && setAsking("cancel"),
    e: () => !past && setAsking("edit"),
    y: () => !past && retryable && !retry.isPending && retry.mutate(job.id),
  });
  return (
    <>
      {(retryable || open) && (
        <OnlyNow>
          {retryable && (
            <Button
              leftSection={<IconRefresh size={14} />}
              loading={retry.isPending}
              onClick={() => retry.mutate(job.id)}
            >
              Retry
            </Button>
          )}
          {job.status === "pending" && (
            <PriorityMenu now={job.priority} busy={move.isPending} onChoose={move.mutate} />
          )}
          {open && (
            <Button
              color="red"
              variant="light"
              leftSection={<IconBan size={14} />}
              disabled={job.phase === "cancelling"}
              onClick={() => setAsking("cancel")}
            >
              {job.phase === "cancelling" ? "Being cancelled" : "Cancel"}
            </Button>
          )}
        </OnlyNow>
      )}
      <Menu position="bottom-end" shadow="md">
        <Menu.Target>
          <Button variant="default" aria-label="More to do with it" px={8}>
            <IconDots size={16} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconEdit size={14} />}
            disabled={past}
            title={past ? ONLY_NOW : undefined}
            onClick={() => setAsking("edit")}
          >
            {ended(job.status) ? "Retry with another payload…" : "Submit another like it…"}
          </Menu.Item>
          <Menu.Divider />
          <CopyItems job={job} history={history} />
        </Menu.Dropdown>
      </Menu>
      <CancelDialog job={job} opened={asking === "cancel"} onClose={() => setAsking(null)} />
      <EditDialog job={job} history={history} opened={asking === "edit"} onClose={() => setAsking(null)} />
    </>
  );
}

function PriorityMenu({
  now,
  busy,
  onChoose,
}: {
  now: number;
  busy: boolean;
  onChoose: (value: number) => void;
}) {
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <Button variant="default" leftSection={<IconArrowsSort size={14} />} loading={busy}>
          Priority
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {Object.entries(PRIORITIES)
          .toReversed()
          .map(([name, value]) => (
            <Menu.Item key={name} disabled={value === now} onClick={() => onChoose(value)}>
              {name} <span className="quiet">{value}</span>
            </Menu.Item>
          ))}
      </Menu.Dropdown>
    </Menu>
  );
}
