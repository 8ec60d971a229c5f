import { ActionIcon, Button, Popover, TextInput } from "@mantine/core";
import { IconTemplate, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import type { TypeView } from "~/api/types";
import { Panel } from "~/components/Panel";
import { Empty } from "~/components/states";
import type { Draft } from "./draft";
import style from "./Submit.module.css";
import { forget, keep, kept, SAMPLES, type Template } from "./templates";

interface TemplatesPanelProps {
  draft: Draft;
  types: readonly TypeView[];
  use: (draft: Draft) => void;
}

/** Forms to begin with: those that were kept in this browser, and some for the sample jobs where workers know them. */
export function TemplatesPanel({ draft, types, use }: TemplatesPanelProps) {
  const [own, setOwn] = useState(() => kept(localStorage));
  const known = new Set(types.filter(({ workers }) => workers > 0).map(({ type }) => type));
  const samples = SAMPLES.filter((one) => known.has(one.draft.type));
  return (
    <Panel
      title="Templates"
      aside={
        <Keep disabled={draft.type === ""} onKeep={(name) => setOwn(keep(localStorage, { name, draft }))} />
      }
    >
      {own.length + samples.length === 0 && (
        <Empty icon={IconTemplate} title="No templates yet">
          Keep a form that you fill in often: it stays in this browser.
        </Empty>
      )}
      <ul className={style["list"]} aria-label="Templates">
        {own.map((template) => (
          <li key={`own ${template.name}`}>
            <Use template={template} use={use} />
            <ActionIcon
              size="sm"
              aria-label={`Forget ${template.name}`}
              onClick={() => setOwn(forget(localStorage, template.name))}
            >
              <IconTrash size={14} />
            </ActionIcon>
          </li>
        ))}
        {samples.map((template) => (
          <li key={`sample ${template.name}`}>
            <Use template={template} use={use} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Use({ template: { name, draft }, use }: { template: Template; use: (draft: Draft) => void }) {
  return (
    <button type="button" className={style["use"]} onClick={() => use(draft)}>
      <span>{name}</span>
      <span className="quiet">{draft.type}</span>
    </button>
  );
}

function Keep({ disabled, onKeep }: { disabled: boolean; onKeep: (name: string) => void }) {
  const [opened, setOpened] = useState(false);
  const [name, setName] = useState("");
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" shadow="md" trapFocus>
      <Popover.Target>
        <Button variant="default" size="compact-xs" disabled={disabled} onClick={() => setOpened(!opened)}>
          Keep this form
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          className={style["form"]}
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim() === "") return;
            onKeep(name.trim());
            setName("");
            setOpened(false);
          }}
        >
          <TextInput
            label="Name of the template"
            maxLength={80}
            value={name}
            onChange={({ currentTarget: { value } }) => setName(value)}
          />
          <Button type="submit">Keep</Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
