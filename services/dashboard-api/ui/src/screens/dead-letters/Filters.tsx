import { Select } from "@mantine/core";
import { queues, types } from "~/api/reads";
import { useRead } from "~/api/useRead";
import style from "./DeadLetters.module.css";
import type { DeadLettersSearch } from "./search";

interface FiltersProps {
  type: string | undefined;
  queue: string | undefined;
  onChange: (change: DeadLettersSearch) => void;
}

/** Of which type, of which queue. */
export function Filters({ type, queue, onChange }: FiltersProps) {
  const known = useRead(types());
  const lines = useRead(queues());
  return (
    <div className={style["filters"]}>
      <Select
        size="xs"
        aria-label="Of which type"
        placeholder="Any type"
        data={withOwn(known.data?.items.map((one) => one.type) ?? [], type)}
        value={type ?? null}
        onChange={(value) => onChange({ type: value ?? undefined })}
        searchable
        clearable
      />
      <Select
        size="xs"
        aria-label="Of which queue"
        placeholder="Any queue"
        data={withOwn(lines.data?.items.map(({ name }) => name) ?? [], queue)}
        value={queue ?? null}
        onChange={(value) => onChange({ queue: value ?? undefined })}
        searchable
        clearable
      />
    </div>
  );
}

/** What the address asks for can be chosen even where nobody knows it. */
function withOwn(names: readonly string[], own: string | undefined): string[] {
  return own === undefined ? [...names] : [...new Set([...names, own])];
}
