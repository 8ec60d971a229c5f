import { Button, Group, NumberInput, Radio, SimpleGrid, Stack, Text } from "@mantine/core";
import { useState } from "react";
import type { Redrive } from "~/api/writes";
import { count, counted, duration } from "~/format";
import { howOf, MOST_AT_ONCE, type Scope } from "./redriving";

interface RedriveFormProps {
  matched: number;
  busy: boolean;
  onRedrive: (how: Pick<Redrive, "limit" | "rate_per_s" | "stop_on_failures">) => void;
  onCancel: () => void;
}

/** How many of them, how fast, and what makes it stop. A few of them first is what it proposes. */
export function RedriveForm({ matched, busy, onRedrive, onCancel }: RedriveFormProps) {
  const [scope, setScope] = useState<Scope>(matched === 1 ? "all" : "canary");
  const [canary, setCanary] = useState<number | string>(5);
  const [rate, setRate] = useState<number | string>(10);
  const [stop, setStop] = useState<number | string>(3);
  const { how, jobs } = howOf({ scope, canary, rate, stop }, matched);
  if (matched === 0) {
    return (
      <Stack>
        <Text size="sm">None matches any more: somebody was faster.</Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>
            Close
          </Button>
        </Group>
      </Stack>
    );
  }
  return (
    <Stack gap="md">
      <Text size="sm">
        <b className="numbers">{counted(matched, "dead letter")}</b> {matched === 1 ? "matches" : "match"}:
        counted just now, nothing was changed. Redriven, a job begins a new generation, with all of its
        attempts.
      </Text>
      {matched > 1 && (
        <Radio.Group value={scope} onChange={(value) => setScope(value as Scope)} label="How many">
          <Stack gap={8} mt={6}>
            <Radio value="canary" label="A few of them first, to see whether they work now" size="xs" />
            <Radio
              value="all"
              label={matched > MOST_AT_ONCE ? `The first ${count(MOST_AT_ONCE)}` : `All ${count(matched)}`}
              size="xs"
            />
          </Stack>
        </Radio.Group>
      )}
      <SimpleGrid cols={{ base: 1, sm: 3 }}>
        {scope === "canary" && (
          <NumberInput
            label="So many of them"
            min={1}
            max={Math.min(matched, MOST_AT_ONCE)}
            allowDecimal={false}
            value={canary}
            onChange={setCanary}
          />
        )}
        <NumberInput
          label="Most a second"
          description="Empty: at once"
          min={0.001}
          max={100_000}
          value={rate}
          onChange={setRate}
          inputWrapperOrder={["label", "input", "description"]}
        />
        <NumberInput
          label="Stop when so many fail again"
          description="Empty: never"
          min={1}
          max={MOST_AT_ONCE}
          allowDecimal={false}
          value={stop}
          onChange={setStop}
          inputWrapperOrder={["label", "input", "description"]}
        />
      </SimpleGrid>
      {how.rate_per_s !== undefined && jobs > how.rate_per_s && (
        <Text size="sm" c="dimmed">
          The last of them starts in {duration((jobs / how.rate_per_s) * 1000)}.
        </Text>
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={onCancel}>
          Leave them
        </Button>
        <Button loading={busy} disabled={jobs < 1} onClick={() => onRedrive(how)}>
          Redrive {count(jobs)} of {count(matched)}
        </Button>
      </Group>
    </Stack>
  );
}
