import type { WorkerView } from "~/api/types";
import { useWrite } from "~/api/useWrite";
import { drainWorker } from "~/api/writes";
import { Confirm } from "~/components/Confirm";
import { counted } from "~/format";

interface DrainDialogProps {
  /** The worker that is asked about; it stays while the dialog closes. */
  worker: WorkerView | undefined;
  opened: boolean;
  onClose: () => void;
}

/** Has a worker end in good order, and says before what comes of it. It stands beside the list, whose rows come and go. */
export function DrainDialog({ worker, opened, onClose }: DrainDialogProps) {
  const drain = useWrite({ write: drainWorker, done: (_, id) => `${id} is draining` });
  const running = worker?.running.length ?? 0;
  return (
    <Confirm
      title={`Drain ${worker?.id}?`}
      act="Drain it"
      opened={opened && worker !== undefined}
      onClose={onClose}
      onConfirm={() => worker && drain.mutate(worker.id)}
    >
      It claims nothing more, and its process ends when what it runs has ended
      {running > 0 && ` (${counted(running, "job")} now)`}. What takes too long goes back to the head of its
      line. Whoever started it may start another.
    </Confirm>
  );
}
