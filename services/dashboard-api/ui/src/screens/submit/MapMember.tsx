import { ActionIcon, Button, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useRef, useState } from "react";
import type { Shape } from "~/schema/fields";
import { type Line, type Members, saidBy } from "~/schema/values";
import { type About, Legend } from "./around";
import { Member } from "./SchemaForm";
import style from "./SchemaForm.module.css";

interface MapMemberProps {
  item: Shape;
  about: About;
  value: Members | undefined;
  onChange: (value: unknown) => void;
}

/** An object of any names: a line for each, with its name and its value. Lines without a name are not said. */
export function MapMember({ item, about, value, onChange }: MapMemberProps) {
  const [lines, change] = useLines(value, onChange);
  return (
    <fieldset className={style["group"]} data-missing={about.missing || undefined}>
      <Legend about={about} />
      {lines.map((line) => {
        const twice = lines.some((one) => one.id < line.id && one.name === line.name && line.name !== "");
        const put = (some: Partial<Line>) =>
          change(lines.map((one) => (one.id === line.id ? { ...one, ...some } : one)));
        return (
          <div key={line.id} className={style["line"]}>
            <TextInput
              aria-label={`Name in ${about.label}`}
              placeholder="name"
              value={line.name}
              error={twice && "It is there already"}
              onChange={({ currentTarget: { value: name } }) => put({ name })}
            />
            <Member
              shape={item}
              about={{
                label: line.name === "" ? `Value in ${about.label}` : `${about.label} of ${line.name}`,
                hidden: true,
              }}
              value={line.value ?? undefined}
              onChange={(next) => put({ value: next })}
            />
            <ActionIcon
              aria-label={`Remove ${line.name || "the line"}`}
              onClick={() => change(lines.filter(({ id }) => id !== line.id))}
            >
              <IconTrash size={14} />
            </ActionIcon>
          </div>
        );
      })}
      <Button
        variant="subtle"
        size="compact-xs"
        leftSection={<IconPlus size={12} />}
        onClick={() => change([...lines, { id: nextId(lines), name: "", value: undefined }])}
      >
        One more
      </Button>
      {lines.length === 0 && about.placeholder && <span className={style["about"]}>{about.placeholder}</span>}
    </fieldset>
  );
}

/** The lines as they are filled in. What somebody else makes of the object takes their place. */
function useLines(
  value: Members | undefined,
  onChange: (value: unknown) => void,
): [Line[], (lines: Line[]) => void] {
  const [lines, setLines] = useState(() => linesOf(value));
  const said = useRef(JSON.stringify(value));
  const now = JSON.stringify(value);
  const current = said.current === now ? lines : linesOf(value);
  const change = (next: Line[]) => {
    const object = saidBy(next);
    const told = Object.keys(object).length === 0 ? undefined : object;
    said.current = JSON.stringify(told);
    setLines(next);
    onChange(told);
  };
  return [current, change];
}

function linesOf(value: Members | undefined): Line[] {
  return Object.entries(value ?? {}).map(([name, one], id) => ({ id, name, value: one }));
}

function nextId(lines: readonly Line[]): number {
  return Math.max(-1, ...lines.map(({ id }) => id)) + 1;
}
