/** A JSON schema as the fields of a form. Pure. What it cannot show as a field of its own is edited as JSON. */

import { asSchema, resolved, type Schema, textOf, unionOf } from "./resolve";

export type Kind =
  | "text"
  | "lines"
  | "integer"
  | "number"
  | "yes-no"
  | "choice"
  | "choices"
  | "texts"
  | "numbers"
  | "list"
  | "object"
  | "map"
  | "json";

/** One of an enumeration's values, and how it is shown. */
export interface Choice {
  label: string;
  value: unknown;
}

/** What a value may be. */
export interface Shape {
  kind: Kind;
  choices: readonly Choice[];
  /** Of numbers: the least and the most. */
  least?: number;
  most?: number;
  /** Of lists and maps: what each value in them is. */
  item?: Shape;
  /** Of objects: their members. */
  fields?: readonly Field[];
  /** Of lists: a value of theirs may stand alone as well. */
  alone?: boolean;
  /** Of lists of numbers: whole ones only. */
  whole?: boolean;
}

/** A member of an object. */
export interface Field extends Shape {
  name: string;
  required: boolean;
  about: string;
  /** What holds where nothing is said; undefined where that is not known. */
  otherwise: unknown;
  /** What may be said, for instance. */
  example: unknown;
}

const FIELDS_MOST = 100;
const CHOICES_MOST = 200;
/** Objects in objects, lists of lists: deeper, they are edited as JSON. */
const DEPTH_MOST = 3;

/** Returns the fields of an object's schema; null where it describes none. */
export function fieldsOf(schema: unknown): Field[] | null {
  const root = asSchema(schema);
  return root && membersOf(resolved(root, root), root, 0);
}

function membersOf(object: Schema, root: Schema, depth: number): Field[] | null {
  const properties = asSchema(object["properties"]);
  if (properties === null) return null;
  const required: readonly unknown[] = Array.isArray(object["required"]) ? object["required"] : [];
  return Object.entries(properties)
    .slice(0, FIELDS_MOST)
    .map(([name, one]) => fieldOf(name, asSchema(one) ?? {}, root, required.includes(name), depth));
}

function fieldOf(name: string, given: Schema, root: Schema, required: boolean, depth: number): Field {
  const schema = resolved(given, root);
  return {
    ...shapeOf(given, root, depth),
    name,
    required,
    about: textOf(given["description"]) || textOf(schema["description"]),
    otherwise: given["default"] ?? schema["default"],
    example: exampleOf(given) ?? exampleOf(schema),
  };
}

function exampleOf(schema: Schema): unknown {
  return Array.isArray(schema["examples"]) ? (schema["examples"] as unknown[])[0] : undefined;
}

function shapeOf(given: Schema, root: Schema, depth: number): Shape {
  const schema = resolved(given, root);
  const union = unionOf(schema, root);
  if (union !== null) return shapeOfUnion(union, root, depth);
  const choices = choicesOf(schema);
  if (choices !== null) return { kind: "choice", choices };
  switch (typeOf(schema)) {
    case "string":
      return { kind: schema["format"] === "multiline" ? "lines" : "text", choices: [] };
    case "integer":
      return { kind: "integer", choices: [], ...limits(schema) };
    case "number":
      return { kind: "number", choices: [], ...limits(schema) };
    case "boolean":
      return { kind: "yes-no", choices: [] };
    case "array":
      return listOf(schema, root, depth);
    case "object":
      return objectOf(schema, root, depth);
    default:
      return { kind: "json", choices: [] };
  }
}

/** "One or several" is a list. Other unions are edited as JSON. */
function shapeOfUnion(union: readonly Schema[], root: Schema, depth: number): Shape {
  const [one, other] = union.map((each) => shapeOf(each, root, depth));
  if (union.length === 2 && one && other) {
    for (const [single, list] of [
      [one, other],
      [other, one],
    ] as const) {
      const alike =
        (list.kind === "texts" && single.kind === "text") ||
        (list.kind === "numbers" && single.kind === (list.whole ? "integer" : "number")) ||
        (list.kind === "choices" && single.kind === "choice");
      if (alike) return { ...list, alone: true };
    }
  }
  return { kind: "json", choices: [] };
}

function listOf(schema: Schema, root: Schema, depth: number): Shape {
  const items = asSchema(schema["items"]);
  if (items === null || depth >= DEPTH_MOST) return { kind: "json", choices: [] };
  const item = shapeOf(items, root, depth + 1);
  switch (item.kind) {
    case "text":
      return { kind: "texts", choices: [] };
    case "integer":
    case "number":
      return { ...item, kind: "numbers", whole: item.kind === "integer" };
    case "choice":
      return { kind: "choices", choices: item.choices };
    case "json":
      return { kind: "json", choices: [] };
    default:
      return { kind: "list", choices: [], item };
  }
}

function objectOf(schema: Schema, root: Schema, depth: number): Shape {
  if (depth >= DEPTH_MOST) return { kind: "json", choices: [] };
  const fields = membersOf(schema, root, depth + 1);
  if (fields !== null && fields.length > 0) return { kind: "object", choices: [], fields };
  const values = asSchema(schema["additionalProperties"]);
  return values === null
    ? { kind: "json", choices: [] }
    : { kind: "map", choices: [], item: shapeOf(values, root, depth + 1) };
}

function choicesOf(schema: Schema): Choice[] | null {
  const values = schema["enum"];
  if (!Array.isArray(values) || values.length === 0 || values.length > CHOICES_MOST) return null;
  const simple = values.every((one) => typeof one === "string" || typeof one === "number");
  const choices = values.map((value: unknown) => ({ label: String(value), value }));
  return simple && new Set(choices.map(({ label }) => label)).size === choices.length ? choices : null;
}

function typeOf(schema: Schema): unknown {
  const type = schema["type"];
  if (Array.isArray(schema["enum"])) return null;
  if (!Array.isArray(type)) return type;
  const real = type.filter((one) => one !== "null");
  return real.length === 1 ? real[0] : null;
}

function limits(schema: Schema): { least?: number; most?: number } {
  const [least, most] = [schema["minimum"], schema["maximum"]];
  return {
    ...(typeof least === "number" ? { least } : {}),
    ...(typeof most === "number" ? { most } : {}),
  };
}
