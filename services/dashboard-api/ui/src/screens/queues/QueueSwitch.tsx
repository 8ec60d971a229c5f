import { Button, Group, Modal, Text } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import { useState } from "react";
import type { QueueView } from "~/api/types";
import { useWrite } from "~/api/useWrite";
import { pauseQueue, resumeQueue } from "~/api/writes";
import { OnlyNow } from "~/components/OnlyNow";
import { counted } from "~/format";

/** Pauses a queue, or lets it go on. Either asks first, and says what comes of it. */
export function QueueSwitch({ queue }: { queue: QueueView }) {
  const { name, paused } = queue;
  const [asking, setAsking] = useState(false);
  const pause = useWrite({ write: pauseQueue, done: () => `Queue ${name} is paused` });
  const resume = useWrite({ write: resumeQueue, done: () => `Queue ${name} goes on` });
  const act = paused ? "Resume" : "Pause";
  const close = () => setAsking(false);
  return (
    <OnlyNow>
      <Button
        variant={paused ? "filled" : "default"}
        size="compact-xs"
        loading={pause.isPending || resume.isPending}
        leftSection={paused ? <IconPlayerPlay size={13} /> : <IconPlayerPause size={13} />}
        aria-label={`${act} ${name}`}
        onClick={() => setAsking(true)}
      >
        {act}
      </Button>
      <Modal opened={asking} onClose={close} title={`${act} ${name}?`} size="sm">
        <Text size="sm" c="dimmed">
          {paused ? whatResumes(queue) : whatPauses(queue)}
        </Text>
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={close}>
            Leave it
          </Button>
          <Button
            data-autofocus
            onClick={() => {
              close();
              (paused ? resume : pause).mutate(name);
            }}
          >
            {act} the queue
          </Button>
        </Group>
      </Modal>
    </OnlyNow>
  );
}

function whatPauses({ depth, processing }: QueueView): string {
  const running = processing > 0 ? ` ${stillRunning(processing)}` : "";
  return `No job of it will start until it goes on; new ones can still be submitted.${running} ${counted(depth, "job")} in line now.`;
}

function stillRunning(processing: number): string {
  return processing === 1
    ? "The job that runs now runs on."
    : `The ${counted(processing, "job")} that run now run on.`;
}

function whatResumes({ depth }: QueueView): string {
  return `Its jobs start again as workers have room: ${counted(depth, "job")} in line now.`;
}
