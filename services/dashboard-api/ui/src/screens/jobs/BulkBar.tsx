import { Button, CloseButton, Group, Menu, Modal, Progress, Text, Transition } from "@mantine/core";
import { IconArrowsSort, IconBan, IconRefresh } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ApiClient } from "~/api/client";
import { useApi } from "~/api/context";
import { cancelJob, retryJob, setPriority } from "~/api/writes";
import { tell } from "~/components/messages";
import { count, counted, PRIORITIES } from "~/format";
import style from "./BulkBar.module.css";
import { doEach, type Tally } from "./each";

interface Act {
  /** "cancelled": what is then true of those it was done with. */
  done: string;
  act: (api: ApiClient, id: string) => Promise<unknown>;
}

interface BulkBarProps {
  selected: ReadonlySet<string>;
  clear: () => void;
}

/** What can be done with the selected jobs. It rises from below when there are any. */
export function BulkBar({ selected, clear }: BulkBarProps) {
  const api = useApi();
  const queries = useQueryClient();
  const [tally, setTally] = useState<Tally | null>(null);
  const [asking, setAsking] = useState(false);
  const number = selected.size;

  const run = async ({ done, act }: Act) => {
    setTally({ done: 0, refused: 0, failed: 0 });
    const result = await doEach(api, [...selected], act, setTally);
    setTally(null);
    clear();
    tell(inWords(result, done));
    await queries.invalidateQueries();
  };

  return (
    <>
      <Transition mounted={number > 0} transition="slide-up" duration={150}>
        {(styles) => (
          <div className={style["bar"]} style={styles} role="toolbar" aria-label="With the selected jobs">
            {tally ? (
              <Under tally={tally} of={number} />
            ) : (
              <>
                <CloseButton size="sm" aria-label="Let go of the selection" onClick={clear} />
                <Text size="sm" fw={600} className="numbers">
                  {count(number)} selected
                </Text>
                <Button
                  variant="default"
                  leftSection={<IconRefresh size={14} />}
                  onClick={() => void run({ done: "retried", act: retryJob })}
                >
                  Retry
                </Button>
                <PriorityMenu
                  onChoose={(value) =>
                    void run({ done: "moved", act: (client, id) => setPriority(client, id, value) })
                  }
                />
                <Button
                  color="red"
                  variant="light"
                  leftSection={<IconBan size={14} />}
                  onClick={() => setAsking(true)}
                >
                  Cancel
                </Button>
              </>
            )}
          </div>
        )}
      </Transition>
      <Modal
        opened={asking}
        onClose={() => setAsking(false)}
        title={`Cancel ${counted(number, "job")}?`}
        size="sm"
      >
        <Text size="sm" c="dimmed">
          Those that wait will never start; those that run are interrupted. This cannot be undone, though a
          cancelled job can be retried.
        </Text>
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={() => setAsking(false)}>
            Keep them
          </Button>
          <Button
            color="red"
            data-autofocus
            onClick={() => {
              setAsking(false);
              void run({ done: "cancelled", act: cancelJob });
            }}
          >
            Cancel {counted(number, "job")}
          </Button>
        </Group>
      </Modal>
    </>
  );
}

function PriorityMenu({ onChoose }: { onChoose: (value: number) => void }) {
  return (
    <Menu shadow="md" position="top">
      <Menu.Target>
        <Button variant="default" leftSection={<IconArrowsSort size={14} />}>
          Priority
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {Object.entries(PRIORITIES)
          .toReversed()
          .map(([name, value]) => (
            <Menu.Item key={name} onClick={() => onChoose(value)}>
              {name} <span className="quiet">{value}</span>
            </Menu.Item>
          ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function Under({ tally: { done, refused, failed }, of }: { tally: Tally; of: number }) {
  const through = done + refused + failed;
  return (
    <Group gap="sm" w={280}>
      <Progress value={(through / of) * 100} flex={1} aria-label="How many are done" />
      <Text size="sm" className="numbers">
        {count(through)} of {count(of)}
      </Text>
    </Group>
  );
}

function inWords({ done, refused, failed }: Tally, as: string): string {
  const parts = [`${counted(done, "job")} ${as}`];
  if (refused > 0) parts.push(`${count(refused)} could not be, as they are now`);
  if (failed > 0) parts.push(`${count(failed)} failed`);
  return parts.join("; ");
}
