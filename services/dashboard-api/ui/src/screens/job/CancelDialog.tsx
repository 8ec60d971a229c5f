import type { JobView } from "~/api/types";
import { useWrite } from "~/api/useWrite";
import { cancelJob } from "~/api/writes";
import { Confirm } from "~/components/Confirm";
import { counted } from "~/format";

interface DialogProps {
  job: JobView;
  opened: boolean;
  onClose: () => void;
}

/** Asks before a job is cancelled: what becomes of it, and of those that wait for it. */
export function CancelDialog({ job, opened, onClose }: DialogProps) {
  const cancel = useWrite({ write: cancelJob, done: () => "Asked to cancel it." });
  const running = job.status === "processing";
  return (
    <Confirm
      title="Cancel this job?"
      act="Cancel the job"
      leave="Keep it"
      colour="red"
      opened={opened}
      onClose={onClose}
      onConfirm={() => cancel.mutate(job.id)}
    >
      {running ? "It runs, and will be interrupted." : "It will never start."}
      {job.dependents.length > 0 && ` ${counted(job.dependents.length, "job")} may be cancelled with it.`} A
      cancelled job can be retried, but what it has done is not undone.
    </Confirm>
  );
}
