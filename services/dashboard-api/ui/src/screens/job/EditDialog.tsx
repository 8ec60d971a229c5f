import { Alert, Button, Group, JsonInput, Modal, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { EventView, JobView } from "~/api/types";
import { useWrite } from "~/api/useWrite";
import { type Submission, submitJob } from "~/api/writes";
import { hasRounded } from "./json/json";
import { submissionOf } from "./like";

interface EditProps {
  job: JobView;
  history: readonly EventView[];
  opened: boolean;
  onClose: () => void;
}

/** Submits another job like this one, with a payload that somebody wrote. */
export function EditDialog({ job, history, opened, onClose }: EditProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="Again, with another payload" size="lg">
      <Form job={job} history={history} onClose={onClose} />
    </Modal>
  );
}

function Form({ job, history, onClose }: Omit<EditProps, "opened">) {
  const [text, setText] = useState(() => JSON.stringify(job.payload, null, 2));
  const [rounded] = useState(() => hasRounded(job.payload));
  const navigate = useNavigate();
  const submit = useWrite({
    write: (api, like: Submission) => submitJob(api, like),
    done: () => "Submitted.",
  });
  const payload = parsed(text);
  const send = () => {
    if (!payload) return;
    submit.mutate(submissionOf(job, history, payload.value), {
      onSuccess: ({ id }) => {
        onClose();
        void navigate({ to: "/jobs/$id", params: { id } });
      },
    });
  };
  return (
    <>
      <Text size="sm" c="dimmed" mb="sm">
        A new job of the same type, queue, priority and tags. This one stays as it is.
      </Text>
      {rounded && (
        <Alert color="yellow" mb="sm" p="xs">
          It has numbers beyond 2⁵³. A browser cannot hold them exactly: write them anew.
        </Alert>
      )}
      <JsonInput
        label="Payload"
        value={text}
        onChange={setText}
        error={payload ? null : "This is not JSON yet."}
        autosize
        minRows={8}
        maxRows={22}
        spellCheck={false}
        data-autofocus
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: "0.78rem" } }}
      />
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose}>
          Leave it
        </Button>
        <Button onClick={send} disabled={!payload} loading={submit.isPending}>
          Submit
        </Button>
      </Group>
    </>
  );
}

function parsed(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}
