import { NumberInput, Select, Switch, Textarea, TextInput } from "@mantine/core";
import type { Field, Shape } from "~/schema/fields";
import { isObject, type Members, memberOf, withMember } from "~/schema/values";
import { placeholderOf } from "~/schema/words";
import { type About, around, Legend } from "./around";
import { JsonMember } from "./JsonMember";
import { ListMember } from "./ListMember";
import { MapMember } from "./MapMember";
import style from "./SchemaForm.module.css";
import { itemsOf, Several } from "./Several";

interface SchemaFormProps {
  fields: readonly Field[];
  /** Names of the members that must still be given. */
  missing?: readonly string[];
  value: Members;
  onChange: (value: Members) => void;
}

/** An object's members, each as what it is. A member that is left empty is not said. */
export function SchemaForm({ fields, missing = [], value, onChange }: SchemaFormProps) {
  return (
    <div className={style["members"]}>
      {fields.map((field) => (
        <div key={field.name} className={style["member"]} data-wide={isWide(field) || undefined}>
          <Member
            shape={field}
            about={{ ...aboutOf(field), missing: missing.includes(field.name) }}
            value={memberOf(value, field.name)}
            onChange={(next) => onChange(withMember(value, field.name, next))}
          />
        </div>
      ))}
    </div>
  );
}

export interface MemberProps {
  shape: Shape;
  about: About;
  value: unknown;
  onChange: (value: unknown) => void;
}

function aboutOf(field: Field): About {
  return {
    label: field.name,
    description: field.about,
    withAsterisk: field.required,
    placeholder: placeholderOf(field),
    otherwise: field.otherwise,
  };
}

const WIDE = new Set<Shape["kind"]>(["lines", "object", "map", "list"]);

function isWide({ kind }: Shape): boolean {
  return WIDE.has(kind);
}

/** One value. Where what is said already is of another kind, it is shown as JSON. */
export function Member({ shape, about, value, onChange }: MemberProps) {
  const shared = around(about);
  switch (shape.kind) {
    case "text":
      if (value !== undefined && typeof value !== "string") break;
      return (
        <TextInput
          {...shared}
          value={value ?? ""}
          onChange={({ currentTarget: { value: text } }) => onChange(text === "" ? undefined : text)}
        />
      );
    case "lines":
      if (value !== undefined && typeof value !== "string") break;
      return (
        <Textarea
          {...shared}
          autosize
          minRows={3}
          maxRows={14}
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
          allowDecimal={shape.kind === "number"}
          clampBehavior="blur"
          {...(shape.least === undefined ? {} : { min: shape.least })}
          {...(shape.most === undefined ? {} : { max: shape.most })}
          value={value ?? ""}
          onChange={(next) => onChange(typeof next === "number" ? next : undefined)}
        />
      );
    case "yes-no":
      if (value !== undefined && typeof value !== "boolean") break;
      return <YesNo about={about} value={value} onChange={onChange} />;
    case "choice": {
      const at = shape.choices.find((one) => one.value === value);
      if (value !== undefined && at === undefined) break;
      return (
        <Select
          {...shared}
          clearable
          searchable={shape.choices.length > 8}
          data={shape.choices.map(({ label }) => label)}
          value={at?.label ?? null}
          onChange={(next) => onChange(shape.choices.find(({ label }) => label === next)?.value)}
        />
      );
    }
    case "choices":
    case "texts":
    case "numbers": {
      const items = itemsOf(shape, value);
      if (items === null) break;
      return <Several shape={shape} about={about} items={items} onChange={onChange} />;
    }
    case "list":
      if (shape.item === undefined || (value !== undefined && !Array.isArray(value))) break;
      return <ListMember item={shape.item} about={about} value={value} onChange={onChange} />;
    case "map":
      if (shape.item === undefined || (value !== undefined && !isObject(value))) break;
      return <MapMember item={shape.item} about={about} value={value} onChange={onChange} />;
    case "object":
      if (shape.fields === undefined || (value !== undefined && !isObject(value))) break;
      return (
        <fieldset className={style["group"]} data-missing={about.missing || undefined}>
          <Legend about={about} />
          <SchemaForm
            fields={shape.fields}
            value={value ?? {}}
            onChange={(next) =>
              onChange(Object.keys(next).length === 0 && !about.withAsterisk ? undefined : next)
            }
          />
        </fieldset>
      );
    case "json":
      break;
  }
  return <JsonMember shared={shared} value={value} onChange={onChange} />;
}

function YesNo({
  about,
  value,
  onChange,
}: Omit<MemberProps, "shape" | "value"> & { value: boolean | undefined }) {
  if (typeof about.otherwise !== "boolean") {
    return (
      <Select
        {...around(about)}
        clearable
        data={["true", "false"]}
        value={value === undefined ? null : String(value)}
        onChange={(next) => onChange(next === null ? undefined : next === "true")}
      />
    );
  }
  return (
    <Switch
      className={style["switch"]}
      size="sm"
      label={about.label}
      description={about.description}
      checked={value ?? about.otherwise}
      onChange={({ currentTarget: { checked } }) =>
        onChange(checked === about.otherwise ? undefined : checked)
      }
    />
  );
}
