import { Button, Group, Modal, Text } from "@mantine/core";
import { useState } from "react";
import type { WorkerView } from "~/api/types";
import { useWrite } from "~/api/useWrite";
import { drainWorker } from "~/api/writes";
import { OnlyNow } from "~/components/OnlyNow";
import { counted } from "~/format";

/** Has a worker end in good order, after asking. */
export function DrainButton({ worker: { id, state, running } }: { worker: WorkerView }) {
  const [asking, setAsking] = useState(false);
  const drain = useWrite({ write: drainWorker, done: () => `${id} is draining` });
  const close = () => setAsking(false);
  if (state !== "joined") return null;
  return (
    <OnlyNow>
      <Button
        variant="default"
        size="compact-xs"
        loading={drain.isPending}
        aria-label={`Drain ${id}`}
        onClick={() => setAsking(true)}
      >
        Drain
      </Button>
      <Modal opened={asking} onClose={close} title={`Drain ${id}?`} size="sm">
        <Text size="sm" c="dimmed">
          It claims nothing more, and its process ends when what it runs has ended
          {running.length > 0 && ` (${counted(running.length, "job")} now)`}. What takes too long goes back to
          the head of its line. Whoever started it may start another.
        </Text>
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={close}>
            Leave it
          </Button>
          <Button
            data-autofocus
            onClick={() => {
              close();
              drain.mutate(id);
            }}
          >
            Drain it
          </Button>
        </Group>
      </Modal>
    </OnlyNow>
  );
}
