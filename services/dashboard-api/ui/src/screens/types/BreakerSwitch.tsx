import { Button } from "@mantine/core";
import { IconPlugConnected, IconPlugConnectedX } from "@tabler/icons-react";
import { useState } from "react";
import { useWrite } from "~/api/useWrite";
import { closeBreaker, openBreaker } from "~/api/writes";
import { Confirm } from "~/components/Confirm";
import { OnlyNow } from "~/components/OnlyNow";

/** Opens a type's circuit breaker, after asking, or closes it. In the past it can do neither. */
export function BreakerSwitch({ type, state }: { type: string; state: string }) {
  const [asking, setAsking] = useState(false);
  const open = useWrite({ write: openBreaker, done: () => `No job of ${type} starts any more.` });
  const close = useWrite({ write: closeBreaker, done: () => `Jobs of ${type} may start again.` });
  if (state !== "closed") {
    return (
      <OnlyNow>
        <Button
          leftSection={<IconPlugConnected size={14} />}
          loading={close.isPending}
          onClick={() => close.mutate(type)}
        >
          Close the breaker
        </Button>
      </OnlyNow>
    );
  }
  return (
    <OnlyNow>
      <Button
        variant="default"
        leftSection={<IconPlugConnectedX size={14} />}
        loading={open.isPending}
        onClick={() => setAsking(true)}
      >
        Open the breaker
      </Button>
      <Confirm
        title="Open the circuit breaker?"
        act="Open it"
        leave="Leave it closed"
        colour="red"
        opened={asking}
        onClose={() => setAsking(false)}
        onConfirm={() => open.mutate(type)}
      >
        No job of {type} will start until somebody closes it again. Those that run go on; the others wait, and
        nothing is lost.
      </Confirm>
    </OnlyNow>
  );
}
