import { Modal } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import type { Redriven } from "~/api/types";
import { useWrite } from "~/api/useWrite";
import { type Redrive, redriveDeadLetters } from "~/api/writes";
import { Failed, Loading } from "~/components/states";
import { RedriveForm } from "./RedriveForm";
import { RedriveResult } from "./RedriveResult";

interface RedriveDialogProps {
  opened: boolean;
  onClose: () => void;
  /** Which letters these are, in words. */
  what: string;
  where: Pick<Redrive, "type" | "queue" | "error_fingerprint">;
}

/** Tries dead letters again: first counts them, then asks how many and how fast, then says how they fare. */
export function RedriveDialog({ opened, onClose, what, where }: RedriveDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={`Redrive: ${what}`} size="lg">
      {opened && <Steps where={where} onClose={onClose} />}
    </Modal>
  );
}

function Steps({ where, onClose }: Pick<RedriveDialogProps, "where" | "onClose">) {
  const count = useWrite({ write: redriveDeadLetters });
  const redrive = useWrite({ write: redriveDeadLetters });
  const [result, setResult] = useState<Redriven | null>(null);
  const began = useRef(false);
  const { mutate } = count;
  const recount = () => mutate({ ...where, dry_run: true });

  // biome-ignore lint/correctness/useExhaustiveDependencies: counted once, when it is opened
  useEffect(() => {
    if (!began.current) recount();
    began.current = true;
  }, []);

  const matched = count.data?.matched;
  if (count.isError) return <Failed error={count.error} again={recount} />;
  return (
    <>
      {matched === undefined && <Loading lines={5} />}
      {matched !== undefined && result === null && (
        <RedriveForm
          matched={matched}
          busy={redrive.isPending}
          onCancel={onClose}
          onRedrive={(how) => redrive.mutate({ ...where, ...how }, { onSuccess: setResult })}
        />
      )}
      <RedriveResult
        result={result}
        onClose={onClose}
        onMore={() => {
          setResult(null);
          recount();
        }}
      />
    </>
  );
}
