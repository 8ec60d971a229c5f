import { Button, Group, Progress, Stack, Text } from "@mantine/core";
import type { Redriven } from "~/api/types";
import { Copy } from "~/components/Copy";
import { count, counted } from "~/format";
import style from "./RedriveResult.module.css";
import { useFollow } from "./useFollow";

interface RedriveResultProps {
  /** Null until something was redriven; it listens from before, so as to miss nothing. */
  result: Redriven | null;
  onClose: () => void;
  onMore: () => void;
}

/** What came of a redrive, as far as it is known by now. */
export function RedriveResult({ result, onClose, onMore }: RedriveResultProps) {
  const { fate, missed } = useFollow(result?.redrive_id ?? "");
  if (result === null) return null;
  const { completed, deadAgain, cancelled } = fate;
  const { redriven, matched, redrive_id: name } = result;
  const under = Math.max(0, redriven - completed - deadAgain - cancelled);
  const share = (jobs: number) => (redriven === 0 ? 0 : (jobs / redriven) * 100);
  return (
    <Stack gap="md">
      <Text size="sm">
        <b className="numbers">
          {count(redriven)} of {counted(matched, "dead letter")}
        </b>{" "}
        live again.
      </Text>
      {name && (
        <Text size="sm" component="div">
          <span className="quiet">Redrive </span>
          <span className="mono">{name}</span> <Copy value={name} what="the redrive's id" />
        </Text>
      )}
      <Progress.Root size={10} aria-label="How they fare">
        <Progress.Section value={share(completed)} color="var(--jm-completed-fill)" aria-label="completed" />
        <Progress.Section value={share(deadAgain)} color="var(--jm-failed-fill)" aria-label="failed again" />
        <Progress.Section value={share(cancelled)} color="var(--jm-cancelled-fill)" aria-label="cancelled" />
      </Progress.Root>
      <dl className={style["fates"]} aria-live="polite">
        <Fate name="completed" jobs={completed} status="completed" />
        <Fate name="failed again" jobs={deadAgain} status="failed" />
        {cancelled > 0 && <Fate name="cancelled" jobs={cancelled} status="cancelled" />}
        <Fate name="not ended yet" jobs={under} status="pending" />
      </dl>
      {missed && under > 0 && (
        <Text size="sm" c="dimmed">
          The stream of events was interrupted: some of these may have ended unseen.
        </Text>
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          Close
        </Button>
        {matched > redriven && <Button onClick={onMore}>Redrive more of them</Button>}
      </Group>
    </Stack>
  );
}

function Fate({ name, jobs, status }: { name: string; jobs: number; status: string }) {
  return (
    <div data-status={status}>
      <dt>{name}</dt>
      <dd className="numbers">{count(jobs)}</dd>
    </div>
  );
}
