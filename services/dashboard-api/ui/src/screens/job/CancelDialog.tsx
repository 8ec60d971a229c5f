import { Button, Group, Modal, Text } from "@mantine/core";
import type { JobView } from "~/api/types";
import { useWrite } from "~/api/useWrite";
import { cancelJob } from "~/api/writes";
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
    <Modal opened={opened} onClose={onClose} title="Cancel this job?" size="sm">
      <Text size="sm" c="dimmed">
        {running ? "It runs, and will be interrupted." : "It will never start."}
        {job.dependents.length > 0 && ` ${counted(job.dependents.length, "job")} may be cancelled with it.`} A
        cancelled job can be retried, but what it has done is not undone.
      </Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose}>
          Keep it
        </Button>
        <Button
          color="red"
          data-autofocus
          onClick={() => {
            onClose();
            cancel.mutate(job.id);
          }}
        >
          Cancel the job
        </Button>
      </Group>
    </Modal>
  );
}
