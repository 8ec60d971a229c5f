import { Button, Group, Progress, Stack, Text } from "@mantine/core";
import { IconHandStop, IconList } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useApi } from "~/api/context";
import type { Bulk } from "~/api/types";
import { abortBulk } from "~/api/writes";
import { Copy } from "~/components/Copy";
import { tellProblem } from "~/components/messages";
import { Shown } from "~/components/states";
import { Time } from "~/components/Time";
import { count, duration, NOTHING, rate as perSecond, priority } from "~/format";
import style from "./Bulk.module.css";
import { BulkState } from "./BulkState";
import { described, WORDS } from "./orders";
import { isOver, type Progress as Pace, refusedOf } from "./pace";
import { RECENT, useBulk } from "./useBulk";

interface BulkProgressProps {
  id: string;
  look: (bulk: string | undefined) => void;
}

/** How far a bulk is: what was done, what was refused and why, how fast, how long yet; and a way to stop it. */
export function BulkProgress({ id, look }: BulkProgressProps) {
  const { answer, progress } = useBulk(id);
  return (
    <Shown of={answer} lines={6}>
      {(bulk) => (
        <Stack gap="md">
          <About bulk={bulk} />
          <Bar bulk={bulk} />
          <Figures bulk={bulk} pace={progress} />
          <Refusals bulk={bulk} />
          <Ending bulk={bulk} />
          <Buttons bulk={bulk} look={look} />
        </Stack>
      )}
    </Shown>
  );
}

function About({ bulk }: { bulk: Bulk }) {
  const { id, order, named, created_at: at } = bulk;
  const { title } = WORDS[order.action];
  const how = [
    order.priority !== null && order.priority !== undefined && `to ${priority(order.priority)}`,
    order.limit && `at most ${count(order.limit)}`,
    order.rate_per_s && `at most ${perSecond(order.rate_per_s)}`,
    order.stop_on_failures && `stops when ${count(order.stop_on_failures)} fail again`,
  ].filter(Boolean);
  return (
    <div>
      <div className={style["head"]} aria-live="polite">
        <b>{title}</b>
        <BulkState bulk={bulk} />
        <span className={style["when"]}>
          <Time at={at ?? null} />
        </span>
      </div>
      <div className={style["what"]} dir="auto">
        {described({ filter: order.filter ?? null, named })}
      </div>
      {how.length > 0 && <div className={style["what"]}>{how.join(", ")}</div>}
      <div className={style["what"]}>
        <span className="mono">{id}</span> <Copy value={id} what="the id of this bulk" />
      </div>
    </div>
  );
}

function Bar({ bulk }: { bulk: Bulk }) {
  const { matched, done, state } = bulk;
  const share = (jobs: number) => (matched ? (jobs / matched) * 100 : 0);
  const refused = refusedOf(bulk);
  return (
    <Progress.Root size={12} aria-label="How far it is">
      <Progress.Section
        value={state === "selecting" ? 100 : share(done)}
        striped={state === "selecting"}
        animated={state === "selecting"}
        color={state === "selecting" ? "var(--jm-pending-fill)" : "var(--jm-completed-fill)"}
        aria-label={WORDS[bulk.order.action].done}
      />
      <Progress.Section value={share(refused)} color="var(--jm-warning-fill)" aria-label="refused" />
    </Progress.Root>
  );
}

function Figures({ bulk, pace }: { bulk: Bulk; pace: Pace | null }) {
  const over = isOver(bulk);
  return (
    <dl className={style["figures"]}>
      <Figure name={WORDS[bulk.order.action].done} value={count(bulk.done)} look="completed" />
      <Figure name="refused" value={count(refusedOf(bulk))} look="warning" />
      <Figure
        name={over ? "left as they were" : "left"}
        value={bulk.matched === null ? NOTHING : count(bulk.left)}
      />
      {!(over && pace?.rate === null) && (
        <Figure name={over ? "on average" : "of late"} value={perSecond(pace?.rate)} />
      )}
      {!over && <Figure name="time left" value={duration(pace?.leftMs)} />}
    </dl>
  );
}

function Figure({ name, value, look }: { name: string; value: string; look?: string }) {
  return (
    <div data-look={look}>
      <dt>{name}</dt>
      <dd className="numbers">{value}</dd>
    </div>
  );
}

function Refusals({ bulk: { refused } }: { bulk: Bulk }) {
  const reasons = Object.entries(refused ?? {}).sort(([, one], [, other]) => other - one);
  if (reasons.length === 0) return null;
  return (
    <ul className={style["shares"]} aria-label="What was refused, and why">
      {reasons.map(([reason, jobs]) => (
        <li key={reason}>
          <b className="numbers">{count(jobs)}</b>
          <span>refused: {reason}</span>
        </li>
      ))}
    </ul>
  );
}

function Ending({ bulk: { state, detail, order } }: { bulk: Bulk }) {
  const words: Partial<Record<Bulk["state"], string>> = {
    selecting: "The jobs that match are looked for. It goes on when this is closed.",
    running: "It goes on when this is closed, and is found again under Bulk changes.",
    aborted: "It was aborted: what is left is as it was.",
    failed: `It failed: ${detail}. What is left is as it was, and can be asked for again.`,
    interrupted: `It was interrupted: ${detail}. What is left is as it was, and can be asked for again.`,
  };
  const asked = order.action === "cancel" && state === "done";
  const said = asked
    ? "All were asked for. Those that ran end as soon as their workers let go of them."
    : words[state];
  return (
    said && (
      <Text size="sm" c="dimmed" dir="auto">
        {said}
      </Text>
    )
  );
}

function Buttons({ bulk, look }: { bulk: Bulk; look: BulkProgressProps["look"] }) {
  const api = useApi();
  const queries = useQueryClient();
  const abort = useMutation({
    mutationFn: () => abortBulk(api, bulk.id),
    onSettled: () => queries.invalidateQueries({ queryKey: ["bulks"] }),
    onError: tellProblem,
  });
  return (
    <Group justify="space-between">
      <Button variant="subtle" leftSection={<IconList size={14} />} onClick={() => look(RECENT)}>
        All bulk changes
      </Button>
      <Group gap="xs">
        {!isOver(bulk) && (
          <Button
            color="red"
            variant="light"
            leftSection={<IconHandStop size={14} />}
            loading={abort.isPending || abort.isSuccess}
            onClick={() => abort.mutate()}
          >
            Abort
          </Button>
        )}
        <Button variant="default" onClick={() => look(undefined)}>
          Close
        </Button>
      </Group>
    </Group>
  );
}
