/** How a field is said in words: what it is, and what may be filled in. Pure. */

import { count } from "~/format";
import type { Field, Shape } from "./fields";

const NAMES: Readonly<Record<Shape["kind"], string>> = {
  text: "text",
  lines: "text",
  integer: "whole number",
  number: "number",
  "yes-no": "true or false",
  choice: "one of",
  choices: "any of",
  texts: "list of texts",
  numbers: "list of numbers",
  list: "list",
  object: "object",
  map: "object of any names",
  json: "JSON",
};
const LONGEST = 80;

/** "whole number, 1 to 8192", "one of webp, jpeg" */
export function kindInWords(shape: Shape): string {
  const name = NAMES[shape.kind];
  if (shape.choices.length > 0) return cut(`${name} ${shape.choices.map(({ label }) => label).join(", ")}`);
  if (shape.kind === "list" && shape.item) return `list of ${kindInWords(shape.item)}s`;
  const [least, most] = [limit(shape.least), limit(shape.most)];
  if (least && most) return `${name}, ${least} to ${most}`;
  if (least) return `${name}, ${least} or more`;
  if (most) return `${name}, at most ${most}`;
  return name;
}

/** What holds where nothing is filled in, else an example; empty where neither says anything. */
export function placeholderOf(field: Field): string {
  const otherwise = shown(field.otherwise);
  if (otherwise !== "") return otherwise;
  const example = shown(field.example);
  return example === "" ? "" : `for instance ${example}`;
}

/** A value as it is shown where it is only an example or a default: texts bare, lists with commas. */
export function shown(value: unknown): string {
  if (value === undefined || value === null || value === "") return "";
  if (typeof value === "string") return cut(value);
  if (Array.isArray(value) && value.every((one) => typeof one !== "object"))
    return cut(value.map(String).join(", "));
  return cut(JSON.stringify(value));
}

function limit(value: number | undefined): string {
  if (value === undefined) return "";
  return Number.isInteger(value) ? count(value) : String(value);
}

function cut(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}
