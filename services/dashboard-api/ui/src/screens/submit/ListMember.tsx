import { ActionIcon, Button } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import type { Shape } from "~/schema/fields";
import { type About, Legend } from "./around";
import { Member } from "./SchemaForm";
import style from "./SchemaForm.module.css";

interface ListMemberProps {
  item: Shape;
  about: About;
  value: unknown[] | undefined;
  onChange: (value: unknown) => void;
}

/** A list of what needs more room than a word: a field for each, one below the other. */
export function ListMember({ item, about, value = [], onChange }: ListMemberProps) {
  const say = (items: unknown[]) => onChange(items.length === 0 ? undefined : items);
  return (
    <fieldset className={style["group"]} data-missing={about.missing || undefined}>
      <Legend about={about} />
      {value.map((one, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: an item of a list is its place
        <div key={at} className={style["item"]}>
          <Member
            shape={item}
            about={{ label: `${about.label} ${at + 1}`, hidden: true, withAsterisk: true }}
            value={one ?? undefined}
            onChange={(next) => say(value.with(at, next ?? null))}
          />
          <ActionIcon
            aria-label={`Remove ${about.label} ${at + 1}`}
            onClick={() => say(value.filter((_, other) => other !== at))}
          >
            <IconTrash size={14} />
          </ActionIcon>
        </div>
      ))}
      <Button
        variant="subtle"
        size="compact-xs"
        leftSection={<IconPlus size={12} />}
        onClick={() => say([...value, item.kind === "object" ? {} : null])}
      >
        One more
      </Button>
    </fieldset>
  );
}
