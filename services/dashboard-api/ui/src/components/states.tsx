/** What stands in the place of content: it loads, there is none, it failed. */

import { Button, Skeleton, Stack, Text } from "@mantine/core";
import { type Icon, IconMoodEmpty, IconPlugConnectedX, IconRefresh } from "@tabler/icons-react";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { wordsOf } from "./messages";
import style from "./states.module.css";

interface EmptyProps {
  icon?: Icon;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}

/** Nothing is there, and that is all right: says what would be here, and how to get it. */
export function Empty({ icon: Sign = IconMoodEmpty, title, children, action }: EmptyProps) {
  return (
    <Stack className={style.state} align="center" justify="center" gap={6}>
      <span className={style.symbol}>
        <Sign size={22} stroke={1.6} />
      </span>
      <Text fw={600} size="sm">
        {title}
      </Text>
      {children && (
        <Text size="sm" c="dimmed" maw={420} ta="center" component="div">
          {children}
        </Text>
      )}
      {action}
    </Stack>
  );
}

/** It could not be read: the server's words, and another try. */
export function Failed({ error, again }: { error: unknown; again?: () => void }) {
  const { title, detail } = wordsOf(error);
  return (
    <div role="alert">
      <Empty
        icon={IconPlugConnectedX}
        title={title}
        action={
          again && (
            <Button variant="default" mt={6} leftSection={<IconRefresh size={14} />} onClick={again}>
              Try again
            </Button>
          )
        }
      >
        {detail}
      </Empty>
    </div>
  );
}

/** It comes: as many grey lines as there will be about. */
export function Loading({ lines = 4 }: { lines?: number }) {
  return (
    <Stack gap={10} p="sm" role="status" aria-busy="true" aria-label="Loading">
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike
        <Skeleton key={line} height={12} radius="sm" width={`${92 - ((line * 37) % 45)}%`} />
      ))}
    </Stack>
  );
}

interface ShownProps<T> {
  of: UseQueryResult<T>;
  lines?: number;
  /** Whether there is nothing to show, and what to show then. */
  empty?: (answer: T) => boolean;
  otherwise?: ReactNode;
  children: (answer: T) => ReactNode;
}

/** Shows an answer; until it is there, and where there is none, what stands in its place. Old answers stay on failure. */
export function Shown<T>({ of, lines, empty, otherwise, children }: ShownProps<T>) {
  if (of.data !== undefined) return empty?.(of.data) ? otherwise : children(of.data);
  if (of.isError) return <Failed error={of.error} again={() => void of.refetch()} />;
  return <Loading lines={lines} />;
}
