import { Button, Group, Modal, Text } from "@mantine/core";
import type { ReactNode } from "react";

interface ConfirmProps {
  title: string;
  /** What comes of it. */
  children: ReactNode;
  /** The words for doing it, and for not doing it. */
  act: string;
  leave?: string;
  colour?: string | undefined;
  opened: boolean;
  onClose: () => void;
  onConfirm: () => void;
}

/** Asks before something is done, and says what comes of it. It closes whatever the answer. */
export function Confirm({
  title,
  children,
  act,
  leave = "Leave it",
  colour,
  opened,
  onClose,
  onConfirm,
}: ConfirmProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={title} size="sm">
      <Text size="sm" c="dimmed">
        {children}
      </Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose}>
          {leave}
        </Button>
        <Button
          {...(colour && { color: colour })}
          data-autofocus
          onClick={() => {
            onClose();
            onConfirm();
          }}
        >
          {act}
        </Button>
      </Group>
    </Modal>
  );
}
