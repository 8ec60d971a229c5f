import { Alert, Button, Group, NumberInput, Select, SimpleGrid, Stack, Text } from "@mantine/core";
import { IconArrowBackUpDouble } from "@tabler/icons-react";
import { useState } from "react";
import type { Begun } from "~/api/types";
import { StateSymbol } from "~/components/StateBadge";
import { count, duration, counted as inWords, PRIORITIES, PRIORITY_MAX, priority } from "~/format";
import style from "./Bulk.module.css";
import {
  type Action,
  type Filled,
  JOBS_MOST,
  meantJobs,
  numberOf,
  type Share,
  sharesOf,
  WORDS,
} from "./orders";

interface BulkFormProps {
  action: Action;
  counted: Begun;
  busy: boolean;
  onBegin: (filled: Filled) => void;
  onCancel: () => void;
}

/** What was counted, what that means, and how it is to be done. */
export function BulkForm({ action, counted, busy, onBegin, onCancel }: BulkFormProps) {
  const matched = counted.matched ?? 0;
  const limit = matched > JOBS_MOST ? JOBS_MOST : "";
  const [filled, setFilled] = useState<Filled>({ priority: PRIORITIES.high, limit, rate: "", stop: "" });
  const fill = (change: Partial<Filled>) => setFilled((before) => ({ ...before, ...change }));
  const shares = sharesOf(action, matched, counted.by_status ?? {});
  const taken = shares.reduce((sum, share) => sum + (share.taken ? share.jobs : 0), 0);
  const jobs = meantJobs(matched, filled.limit);
  const { verb, warning } = WORDS[action];
  return (
    <Stack gap="md">
      <div>
        <Text size="sm">
          <b className="numbers">{inWords(matched, "job")}</b> {matched === 1 ? "matches" : "match"}
          {shares.length > 0 ? ", of which" : "."}
        </Text>
        <Shares shares={shares} />
        <Text size="xs" c="dimmed" mt={6}>
          Counted just now; nothing was changed. Jobs that are submitted from now on are not among them.
        </Text>
      </div>
      {taken > 0 && (
        <>
          <Alert
            className={style["warning"]}
            color="yellow"
            icon={<IconArrowBackUpDouble />}
            title="There is no undo"
          >
            {warning} It can be aborted on its way; what was done by then stays done.
          </Alert>
          <How action={action} filled={filled} fill={fill} matched={matched} />
          <LastOf jobs={jobs} rate={filled.rate} />
        </>
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={onCancel} data-autofocus>
          {taken > 0 ? "Leave them" : "Close"}
        </Button>
        {taken > 0 && (
          <Button
            color={action === "cancel" ? "red.9" : undefined}
            loading={busy}
            disabled={jobs < 1}
            onClick={() => onBegin(filled)}
          >
            {verb} {jobs < matched ? `${count(jobs)} of ${count(matched)}` : inWords(taken, "job")}
            {action === "reprioritise" && ` to ${priority(filled.priority)}`}
          </Button>
        )}
      </Group>
    </Stack>
  );
}

function Shares({ shares }: { shares: readonly Share[] }) {
  return (
    <ul className={style["shares"]} aria-label="What becomes of them">
      {shares.map(({ status, jobs, taken, words }) => (
        <li key={status} data-taken={taken || undefined}>
          <b className="numbers">{count(jobs)}</b>
          <StateSymbol state={status} size={14} />
          <span>{words}</span>
        </li>
      ))}
    </ul>
  );
}

interface HowProps {
  action: Action;
  filled: Filled;
  fill: (change: Partial<Filled>) => void;
  matched: number;
}

const ORDER = ["label", "input", "description"] as ("label" | "input" | "description")[];

function How({ action, filled, fill, matched }: HowProps) {
  return (
    <SimpleGrid cols={{ base: 1, sm: action === "cancel" ? 2 : 3 }}>
      {action === "reprioritise" && (
        <Select
          label="Priority"
          description="Higher comes first"
          inputWrapperOrder={ORDER}
          data={LEVELS}
          value={String(filled.priority)}
          allowDeselect={false}
          onChange={(value) => fill({ priority: Number(value) })}
        />
      )}
      <NumberInput
        label="At most"
        description="Empty: all. The oldest first"
        inputWrapperOrder={ORDER}
        min={1}
        max={Math.min(matched, JOBS_MOST)}
        allowDecimal={false}
        value={filled.limit}
        onChange={(limit) => fill({ limit })}
      />
      <NumberInput
        label="Most a second"
        description="Empty: as fast as it goes"
        inputWrapperOrder={ORDER}
        min={0.1}
        max={100_000}
        value={filled.rate}
        onChange={(rate) => fill({ rate })}
      />
      {action === "retry" && (
        <NumberInput
          label="Stop when so many fail again"
          description="Empty: never"
          inputWrapperOrder={ORDER}
          min={1}
          allowDecimal={false}
          value={filled.stop}
          onChange={(stop) => fill({ stop })}
        />
      )}
    </SimpleGrid>
  );
}

function LastOf({ jobs, rate }: { jobs: number; rate: number | string }) {
  const perSecond = numberOf(rate);
  if (perSecond === undefined || jobs <= perSecond) return null;
  return (
    <Text size="sm" c="dimmed">
      The last of them follows in {duration((jobs / perSecond) * 1_000)}.
    </Text>
  );
}

const LEVELS = Array.from({ length: PRIORITY_MAX + 1 }, (_, below) => {
  const value = PRIORITY_MAX - below;
  const name = priority(value);
  return { value: String(value), label: name === String(value) ? name : `${value} ${name}` };
});
