/** A type's JSON schema as the fields of a form. Pure. What it cannot show as a field of its own is edited as JSON. */

export type Kind = "text" | "integer" | "number" | "yes-no" | "choice" | "json";

export interface Field {
  name: string;
  kind: Kind;
  required: boolean;
  about: string;
  /** What holds where nothing is said, as it is shown. */
  otherwise: string;
  choices: readonly string[];
  least?: number;
  most?: number;
}

type Schema = Readonly<Record<string, unknown>>;

const FIELDS_MOST = 100;
const STEPS_MOST = 20;

/** Returns the fields of an object's schema; null where it describes none. */
export function fieldsOf(schema: unknown): Field[] | null {
  const root = asSchema(schema);
  if (root === null) return null;
  const object = resolved(root, root);
  const properties = asSchema(object["properties"]);
  if (properties === null) return null;
  const required = Array.isArray(object["required"]) ? object["required"] : [];
  return Object.entries(properties)
    .slice(0, FIELDS_MOST)
    .map(([name, one]) => fieldOf(name, asSchema(one) ?? {}, root, required.includes(name)));
}

function fieldOf(name: string, given: Schema, root: Schema, required: boolean): Field {
  const schema = resolved(given, root);
  const field: Field = {
    name,
    kind: kindOf(schema),
    required,
    about: textOf(given["description"]) || textOf(schema["description"]),
    otherwise: "default" in given ? JSON.stringify(given["default"]) : "",
    choices: Array.isArray(schema["enum"]) ? schema["enum"].map(String) : [],
  };
  const [least, most] = [schema["minimum"], schema["maximum"]];
  if (typeof least === "number") field.least = least;
  if (typeof most === "number") field.most = most;
  return field;
}

function kindOf(schema: Schema): Kind {
  const choices = schema["enum"];
  if (Array.isArray(choices)) return choices.every((one) => typeof one === "string") ? "choice" : "json";
  switch (schema["type"]) {
    case "string":
      return "text";
    case "integer":
      return "integer";
    case "number":
      return "number";
    case "boolean":
      return "yes-no";
    default:
      return "json";
  }
}

/** Follows references, and takes "this or nothing" for this. */
function resolved(schema: Schema, root: Schema): Schema {
  let found = schema;
  for (let step = 0; step < STEPS_MOST; step += 1) {
    const next = target(found, root) ?? only(found);
    if (next === null) return found;
    found = next;
  }
  return found;
}

function target(schema: Schema, root: Schema): Schema | null {
  const reference = schema["$ref"];
  if (typeof reference !== "string" || !reference.startsWith("#/")) return null;
  let found: Schema | null = root;
  for (const part of reference.slice(2).split("/")) {
    found = asSchema(found?.[part.replaceAll("~1", "/").replaceAll("~0", "~")]);
  }
  return found;
}

function only(schema: Schema): Schema | null {
  const either = schema["anyOf"] ?? schema["oneOf"];
  if (!Array.isArray(either)) return null;
  const real = either.map(asSchema).filter((one) => one !== null && one["type"] !== "null");
  return real.length === 1 ? (real[0] ?? null) : null;
}

function asSchema(value: unknown): Schema | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Schema) : null;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Returns an object with one member set, or without it. Members keep their order. */
export function withMember(object: Schema, name: string, value: unknown): Record<string, unknown> {
  const members = Object.entries(object);
  if (value === undefined) return Object.fromEntries(members.filter(([one]) => one !== name));
  if (members.some(([one]) => one === name))
    return Object.fromEntries(members.map(([one, old]) => [one, one === name ? value : old]));
  return Object.fromEntries([...members, [name, value]]);
}
