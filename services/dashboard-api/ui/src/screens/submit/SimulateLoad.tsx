import { Button, Group, Modal, NumberInput, Progress, Select, Stack, Text, Textarea } from "@mantine/core";
import { useState } from "react";
import { useApi } from "~/api/context";
import type { TypeView } from "~/api/types";
import { count, counted, duration } from "~/format";
import { type Draft, readJson } from "./draft";
import { Notice } from "./Notice";
import style from "./Submit.module.css";
import { useLoad } from "./useLoad";

const MOST = 100_000;
/** The sample job that costs what it is told to. */
const MADE_FOR_IT = "synthetic";

interface SimulateLoadProps {
  opened: boolean;
  onClose: () => void;
  types: readonly TypeView[];
  /** The form, of which it takes the type, the queue and the payload. */
  begin: Draft;
}

/** Many jobs of a type, at once or so many a second, to see how everything fares. */
export function SimulateLoad({ opened, onClose, types, begin }: SimulateLoadProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="Simulate load" size="lg">
      {opened && <Filling types={types} begin={begin} onClose={onClose} />}
    </Modal>
  );
}

function Filling({ types, begin, onClose }: Omit<SimulateLoadProps, "opened">) {
  const { config } = useApi();
  const [type, setType] = useState<string | null>(begin.type || typeToBegin(types));
  const [jobs, setJobs] = useState<number | string>(1_000);
  const [rate, setRate] = useState<number | string>(100);
  const [payload, setPayload] = useState(begin.payload);
  const load = useLoad();
  const queue = begin.queue || types.find((one) => one.type === type)?.queue;
  const { value, problem } = readJson(payload);
  const object = typeof value === "object" && value !== null && !Array.isArray(value);
  const perSecond = Number(rate) > 0 ? Number(rate) : null;
  const ready = type !== null && Number(jobs) >= 1 && problem === undefined && object;
  if (config.environment === "production") {
    return (
      <Text size="sm">Not in production: this would be {counted(Number(jobs), "job")} nobody asked for.</Text>
    );
  }
  if (load.running) return <Running sent={load.sent} of={Number(jobs)} stop={load.stop} />;
  return (
    <Stack>
      <Notice kind="warning" title="These are real jobs">
        Workers run them, the log keeps them, and they wait in line with everybody else's. Those with a rate
        come for as long as this dialog is open.
      </Notice>
      <div className={style["row"]}>
        <Select
          label="Type"
          data={[...new Set([...types.map((one) => one.type), ...(type ? [type] : [])])]}
          value={type}
          onChange={setType}
          searchable
        />
        <NumberInput
          label="How many"
          min={1}
          max={MOST}
          allowDecimal={false}
          value={jobs}
          onChange={setJobs}
        />
        <NumberInput
          label="A second"
          description="Empty: all at once"
          inputWrapperOrder={["label", "input", "description"]}
          min={0.1}
          max={MOST}
          value={rate}
          onChange={setRate}
        />
      </div>
      <Textarea
        label="Payload of each"
        description="{i} in its texts becomes the number of the job."
        className={style["mono"]}
        autosize
        minRows={3}
        maxRows={12}
        value={payload}
        onChange={({ currentTarget: { value: text } }) => setPayload(text)}
        error={problem ?? (object ? undefined : "An object, please")}
      />
      {perSecond !== null && Number(jobs) > perSecond && (
        <Text size="sm" c="dimmed">
          This takes {duration((Number(jobs) / perSecond) * 1000)}.
        </Text>
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          Leave it
        </Button>
        <Button
          disabled={!ready}
          onClick={() =>
            void load.run(Number(jobs), perSecond, {
              type: type ?? "",
              payload_template: value as Record<string, unknown>,
              ...(queue ? { queue } : {}),
            })
          }
        >
          Submit {counted(Number(jobs), "job")}
        </Button>
      </Group>
    </Stack>
  );
}

/** The one that is made for this, where a worker knows it; else any that one knows. */
function typeToBegin(types: readonly TypeView[]): string | null {
  const known = types.filter(({ workers }) => workers > 0).map(({ type }) => type);
  return known.includes(MADE_FOR_IT) ? MADE_FOR_IT : (known[0] ?? null);
}

function Running({ sent, of, stop }: { sent: number; of: number; stop: () => void }) {
  return (
    <Stack>
      <Progress value={(sent / of) * 100} aria-label="How many are submitted" />
      <Group justify="space-between">
        <Text size="sm" className="numbers" aria-live="polite">
          {count(sent)} of {count(of)} submitted
        </Text>
        <Button color="red" variant="light" onClick={stop}>
          Stop
        </Button>
      </Group>
    </Stack>
  );
}
