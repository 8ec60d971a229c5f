import { Button } from "@mantine/core";
import type { WorkerView } from "~/api/types";
import { OnlyNow } from "~/components/OnlyNow";

/** Asks whether a worker is to end in good order. */
export function DrainButton({
  worker: { id, state },
  ask,
}: {
  worker: WorkerView;
  ask: (id: string) => void;
}) {
  if (state !== "joined") return null;
  return (
    <OnlyNow>
      <Button variant="default" size="compact-xs" aria-label={`Drain ${id}`} onClick={() => ask(id)}>
        Drain
      </Button>
    </OnlyNow>
  );
}
