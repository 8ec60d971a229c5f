import { MultiSelect, TagsInput } from "@mantine/core";
import type { Shape } from "~/schema/fields";
import { type About, around } from "./around";

/** The items of a list as texts; null where the value is no such list. */
export function itemsOf({ kind, choices, alone }: Shape, value: unknown): string[] | null {
  if (value === undefined) return [];
  const items: unknown = alone && !Array.isArray(value) ? [value] : value;
  if (!Array.isArray(items)) return null;
  const fits = items.every((one: unknown) =>
    kind === "choices"
      ? choices.some((choice) => choice.value === one)
      : typeof one === (kind === "numbers" ? "number" : "string"),
  );
  return fits ? items.map(String) : null;
}

interface SeveralProps {
  shape: Shape;
  about: About;
  items: string[];
  onChange: (value: unknown) => void;
}

/** Words or numbers, side by side in one field. */

export function Several({ shape, about, items, onChange }: SeveralProps) {
  const shared = { ...around(about), placeholder: items.length > 0 ? "" : (about.placeholder ?? "") };
  const say = (values: readonly unknown[]) => onChange(values.length === 0 ? undefined : values);
  if (shape.kind === "choices") {
    const saidBy = (label: string) => shape.choices.find((one) => one.label === label)?.value;
    return (
      <MultiSelect
        {...shared}
        searchable
        data={shape.choices.map(({ label }) => label)}
        value={items}
        onChange={(labels) => say(labels.map(saidBy))}
      />
    );
  }
  const numbers = shape.kind === "numbers";
  return (
    <TagsInput
      {...shared}
      allowDuplicates
      acceptValueOnBlur
      splitChars={numbers ? [",", " ", ";"] : ["\n"]}
      value={items}
      onChange={(texts) => say(numbers ? texts.map(Number).filter((one) => fits(one, shape)) : texts)}
      {...(items.length === 0 && !about.placeholder
        ? { placeholder: numbers ? "a number, Enter" : "Enter after each" }
        : {})}
    />
  );
}

function fits(number: number, { whole, least, most }: Shape): boolean {
  return (
    Number.isFinite(number) &&
    (!whole || Number.isInteger(number)) &&
    number >= (least ?? Number.NEGATIVE_INFINITY) &&
    number <= (most ?? Number.POSITIVE_INFINITY)
  );
}
