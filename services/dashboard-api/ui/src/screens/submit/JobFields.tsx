import { Autocomplete, Collapse, Switch, TagsInput, TextInput, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { queues } from "~/api/reads";
import type { TypeView } from "~/api/types";
import { useRead } from "~/api/useRead";
import { Described } from "~/components/Described";
import { counted, duration, PRIORITIES } from "~/format";
import { type Draft, EMPTY, type Problems } from "./draft";
import style from "./Submit.module.css";
import { TypeChoices } from "./TypeChoices";

interface JobFieldsProps {
  draft: Draft;
  problems: Problems;
  change: (some: Partial<Draft>) => void;
  types: readonly TypeView[];
}

/** Everything about a job but its payload. What is left empty is as the type or the server has it. */
export function JobFields({ draft, problems, change, types }: JobFieldsProps) {
  const lines = useRead(queues());
  const type = types.find((one) => one.type === draft.type);
  const nobody = draft.type !== "" && problems.type === undefined && (type?.workers ?? 0) === 0;
  return (
    <>
      <div className={style["row"]}>
        <Autocomplete
          label="Type"
          withAsterisk
          data={types.map((one) => one.type)}
          value={draft.type}
          onChange={(value) => change({ type: value })}
          error={problems.type}
          description={nobody ? "No worker knows it: the job will wait." : knownBy(type)}
          inputWrapperOrder={["label", "input", "description", "error"]}
          maxDropdownHeight={260}
        />
        <Autocomplete
          label="Queue"
          placeholder={type?.queue ?? "default"}
          data={lines.data?.items.map(({ name }) => name) ?? []}
          value={draft.queue}
          onChange={(value) => change({ queue: value })}
          error={problems.queue}
        />
        <Autocomplete
          label="Priority"
          placeholder="normal"
          data={Object.keys(PRIORITIES).toReversed()}
          value={draft.priority}
          onChange={(value) => change({ priority: value })}
          error={problems.priority}
        />
      </div>
      {draft.type === "" && <TypeChoices types={types} choose={(chosen) => change({ type: chosen })} />}
      {type?.description && (
        <p className={style["about"]}>
          <Described text={type.description} />
        </p>
      )}
      <More draft={draft} problems={problems} change={change} type={type} />
    </>
  );
}

function knownBy(type: TypeView | undefined): string | undefined {
  return type && `${counted(type.workers, "worker")} ${type.workers === 1 ? "knows" : "know"} it.`;
}

const FURTHER = ["delay", "timeout", "maxAttempts", "tags", "dependsOn", "key"] as const;

/** How long an attempt may take where nobody says. */
const LONGEST_MS = 600_000;

interface MoreProps extends Omit<JobFieldsProps, "types"> {
  type: TypeView | undefined;
}

/** What is seldom said; it is open where something of it was filled in. */
function More({ draft, problems, change, type }: MoreProps) {
  const said = FURTHER.filter((field) => String(draft[field]) !== String(EMPTY[field]));
  const [opened, { toggle }] = useDisclosure(said.length > 0);
  const wrong = FURTHER.some((field) => problems[field] !== undefined);
  const shown = opened || wrong;
  return (
    <div>
      <UnstyledButton onClick={toggle} aria-expanded={shown} fz="sm" c="dimmed">
        {shown ? <IconChevronDown size={14} /> : <IconChevronRight size={14} />} Timing, attempts, tags,
        dependencies, key
        {!shown && said.length > 0 && ` (${said.length} said)`}
      </UnstyledButton>
      <Collapse expanded={shown}>
        <div className={style["form"]}>
          <Times draft={draft} problems={problems} change={change} type={type} />
          <TagsInput
            label="Tags"
            placeholder={draft.tags.length ? undefined : "customer=acme"}
            value={draft.tags}
            onChange={(tags) => change({ tags })}
            error={problems.tags}
          />
          <TagsInput
            label="Waits for these jobs"
            placeholder={draft.dependsOn.length ? undefined : "ids of jobs"}
            value={draft.dependsOn}
            onChange={(dependsOn) => change({ dependsOn })}
            splitChars={[",", " "]}
            error={problems.dependsOn}
          />
          {draft.dependsOn.length > 0 && (
            <Switch
              size="xs"
              label="Runs even if one of them fails"
              checked={draft.runAnyway}
              onChange={({ currentTarget: { checked } }) => change({ runAnyway: checked })}
            />
          )}
          <TextInput
            label="Idempotency key"
            placeholder="made for you"
            description="The same key again, within 24 hours, is the same job."
            inputWrapperOrder={["label", "input", "description", "error"]}
            value={draft.key}
            onChange={({ currentTarget: { value } }) => change({ key: value })}
            error={problems.key}
          />
        </div>
      </Collapse>
    </div>
  );
}

function Times({ draft, problems, change, type }: MoreProps) {
  return (
    <div className={style["row"]}>
      <TextInput
        label="Starts in"
        placeholder="at once"
        value={draft.delay}
        onChange={({ currentTarget: { value } }) => change({ delay: value.trim() })}
        error={problems.delay}
      />
      <TextInput
        label="Longest attempt"
        placeholder={duration(type?.timeout_ms ?? LONGEST_MS).replaceAll(" ", "")}
        value={draft.timeout}
        onChange={({ currentTarget: { value } }) => change({ timeout: value.trim() })}
        error={problems.timeout}
      />
      <TextInput
        label="Attempts"
        placeholder={String(type?.max_attempts ?? 3)}
        inputMode="numeric"
        value={draft.maxAttempts}
        onChange={({ currentTarget: { value } }) => change({ maxAttempts: value.trim() })}
        error={problems.maxAttempts}
      />
    </div>
  );
}
