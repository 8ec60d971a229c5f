import { NumberInput, Select, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { readJson } from "./draft";
import style from "./Submit.module.css";
import { type Field, withMember } from "./schema";

interface SchemaFormProps {
  fields: readonly Field[];
  value: Record<string, unknown>;
  onChange: (value: Record<string, unknown>) => void;
}

/** An object's members, each as what it is. A member that is left empty is not said. */
export function SchemaForm({ fields, value, onChange }: SchemaFormProps) {
  return (
    <div className={style["members"]}>
      {fields.map((field) => (
        <Member
          key={field.name}
          field={field}
          value={value[field.name]}
          onChange={(next) => onChange(withMember(value, field.name, next))}
        />
      ))}
    </div>
  );
}

interface MemberProps {
  field: Field;
  value: unknown;
  onChange: (value: unknown) => void;
}

function Member({ field, value, onChange }: MemberProps) {
  const shared = {
    label: field.name,
    description: field.about,
    withAsterisk: field.required,
    placeholder: field.otherwise,
  };
  switch (field.kind) {
    case "text":
      if (value !== undefined && typeof value !== "string") break;
      return (
        <TextInput
          {...shared}
          value={value ?? ""}
          onChange={({ currentTarget: { value: text } }) => onChange(text === "" ? undefined : text)}
        />
      );
    case "integer":
    case "number":
      if (value !== undefined && typeof value !== "number") break;
      return (
        <NumberInput
          {...shared}
          allowDecimal={field.kind === "number"}
          min={field.least}
          max={field.most}
          value={value ?? ""}
          onChange={(next) => onChange(typeof next === "number" ? next : undefined)}
        />
      );
    case "yes-no":
      if (value !== undefined && typeof value !== "boolean") break;
      return (
        <Select
          {...shared}
          clearable
          data={["true", "false"]}
          value={value === undefined ? null : String(value)}
          onChange={(next) => onChange(next === null ? undefined : next === "true")}
        />
      );
    case "choice":
      if (value !== undefined && !field.choices.includes(String(value))) break;
      return (
        <Select
          {...shared}
          clearable
          data={[...field.choices]}
          value={value === undefined ? null : String(value)}
          onChange={(next) => onChange(next ?? undefined)}
        />
      );
    case "json":
      break;
  }
  return <JsonMember shared={shared} value={value} onChange={onChange} />;
}

interface JsonMemberProps extends Omit<MemberProps, "field"> {
  shared: { label: string; description: string; withAsterisk: boolean; placeholder: string };
}

/** What no other field can show. While it is no JSON, the member stays as it was. */
function JsonMember({ shared, value, onChange }: JsonMemberProps) {
  const [text, setText] = useState<string | null>(null);
  const shown = text ?? (value === undefined ? "" : JSON.stringify(value));
  const { problem } = readJson(shown);
  return (
    <Textarea
      {...shared}
      className={style["mono"]}
      autosize
      minRows={1}
      maxRows={10}
      value={shown}
      error={problem}
      onChange={({ currentTarget: { value: next } }) => {
        setText(next);
        const { value: read, problem: wrong } = readJson(next);
        if (wrong === undefined) onChange(next.trim() === "" ? undefined : read);
      }}
      onBlur={() => problem === undefined && setText(null)}
    />
  );
}
