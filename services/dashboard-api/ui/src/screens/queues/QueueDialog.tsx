import type { QueueView } from "~/api/types";
import { useWrite } from "~/api/useWrite";
import { pauseQueue, resumeQueue } from "~/api/writes";
import { Confirm } from "~/components/Confirm";
import { counted } from "~/format";
import { actOn } from "./QueueSwitch";

interface QueueDialogProps {
  /** The queue that is asked about; it stays while the dialog closes. */
  queue: QueueView | undefined;
  opened: boolean;
  onClose: () => void;
}

/** Pauses a queue, or lets it go on, and says before what comes of it. It stands beside the list, whose rows come and go. */
export function QueueDialog({ queue, opened, onClose }: QueueDialogProps) {
  const pause = useWrite({ write: pauseQueue, done: (_, name) => `Queue ${name} is paused` });
  const resume = useWrite({ write: resumeQueue, done: (_, name) => `Queue ${name} goes on` });
  const act = queue && actOn(queue);
  return (
    <Confirm
      title={`${act} ${queue?.name}?`}
      act={`${act} the queue`}
      opened={opened && queue !== undefined}
      onClose={onClose}
      onConfirm={() => queue && (queue.paused ? resume : pause).mutate(queue.name)}
    >
      {queue && (queue.paused ? whatResumes(queue) : whatPauses(queue))}
    </Confirm>
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
