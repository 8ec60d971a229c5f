import { Modal } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useApi } from "~/api/context";
import type { Begun } from "~/api/types";
import { type BulkOrder, beginBulk, countBulk } from "~/api/writes";
import { tellProblem } from "~/components/messages";
import { Failed, Loading } from "~/components/states";
import { BulkForm } from "./BulkForm";
import { type Action, countOf, type Meant, orderOf, WORDS } from "./orders";

interface BulkDialogProps {
  /** Null: nothing is asked for. */
  asking: { action: Action; meant: Meant } | null;
  onClose: () => void;
  onBegun: (id: string) => void;
}

/** Changes many jobs: first counts them, which changes none, then asks how, then begins. */
export function BulkDialog({ asking, onClose, onBegun }: BulkDialogProps) {
  return (
    <Modal opened={asking !== null} onClose={onClose} title={asking && WORDS[asking.action].title} size="lg">
      {asking && <Steps {...asking} onClose={onClose} onBegun={onBegun} />}
    </Modal>
  );
}

interface StepsProps extends Omit<BulkDialogProps, "asking"> {
  action: Action;
  meant: Meant;
}

function Steps({ action, meant, onClose, onBegun }: StepsProps) {
  const api = useApi();
  const count = useMutation({ mutationFn: (order: BulkOrder) => countBulk(api, order) });
  const begin = useMutation({
    mutationFn: (order: BulkOrder) => beginBulk(api, order),
    onSuccess: ({ id }) => id && onBegun(id),
    onError: tellProblem,
  });
  const { mutate, data, isError, error } = count;
  const began = useRef(false);
  const recount = () => mutate(countOf(action, meant));
  // biome-ignore lint/correctness/useExhaustiveDependencies: counted once, when it is opened
  useEffect(() => {
    if (!began.current) recount();
    began.current = true;
  }, []);
  if (isError) return <Failed error={error} again={recount} />;
  if (data === undefined) return <Loading lines={6} />;
  return (
    <BulkForm
      action={action}
      counted={data}
      busy={begin.isPending || begin.isSuccess}
      onCancel={onClose}
      onBegin={(filled) => begin.mutate(orderOf(action, asCounted(meant, data), filled))}
    />
  );
}

/** Means those that were counted, and none that came since. */
function asCounted(meant: Meant, { filter }: Begun): Meant {
  return "filter" in meant && filter ? { filter } : meant;
}
