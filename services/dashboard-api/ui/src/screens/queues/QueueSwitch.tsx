import { Button } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import type { QueueView } from "~/api/types";
import { OnlyNow } from "~/components/OnlyNow";

/** What a switch of this queue would do now. */
export const actOn = ({ paused }: QueueView) => (paused ? "Resume" : "Pause");

/** Asks whether to pause a queue, or to let it go on. */
export function QueueSwitch({ queue, ask }: { queue: QueueView; ask: (name: string) => void }) {
  const act = actOn(queue);
  return (
    <OnlyNow>
      <Button
        variant={queue.paused ? "filled" : "default"}
        size="compact-xs"
        leftSection={queue.paused ? <IconPlayerPlay size={13} /> : <IconPlayerPause size={13} />}
        aria-label={`${act} ${queue.name}`}
        onClick={() => ask(queue.name)}
      >
        {act}
      </Button>
    </OnlyNow>
  );
}
