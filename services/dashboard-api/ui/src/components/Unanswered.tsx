import { IconMoodSearch } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { ProblemError } from "~/api/http";
import { Panel } from "./Panel";
import { Empty, Failed, Loading } from "./states";

interface UnansweredProps {
  answer: { isError: boolean; error: Error | null; refetch: () => Promise<unknown> };
  /** How many lines stand for what is being loaded. */
  lines: number;
  /** What is said where there is no such thing. */
  title: string;
  children: ReactNode;
}

/** In the place of one thing that was asked for and is not here: it is on its way, does not exist, or failed to come. */
export function Unanswered({ answer, lines, title, children }: UnansweredProps) {
  const { isError, error, refetch } = answer;
  return (
    <Panel>
      {!isError ? (
        <Loading lines={lines} />
      ) : error instanceof ProblemError && error.status === 404 ? (
        <Empty icon={IconMoodSearch} title={title}>
          {children}
        </Empty>
      ) : (
        <Failed error={error} again={() => void refetch()} />
      )}
    </Panel>
  );
}
