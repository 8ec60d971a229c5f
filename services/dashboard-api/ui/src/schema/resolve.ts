/** Where a schema leads: references, and unions. Pure. */

export type Schema = Readonly<Record<string, unknown>>;

const STEPS_MOST = 20;

export function asSchema(value: unknown): Schema | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Schema) : null;
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Follows references, and takes "this or nothing" for this. */
export function resolved(schema: Schema, root: Schema): Schema {
  let found = schema;
  for (let step = 0; step < STEPS_MOST; step += 1) {
    const real = unionOf(found, root);
    const next = target(found, root) ?? (real?.length === 1 ? real[0] : null) ?? null;
    if (next === null) return found;
    found = next;
  }
  return {};
}

/** Returns what a value may be instead of nothing; null where the schema is no union. */
export function unionOf(schema: Schema, root: Schema): Schema[] | null {
  const either = schema["anyOf"] ?? schema["oneOf"];
  if (!Array.isArray(either)) return null;
  return either
    .map(asSchema)
    .filter((one) => one !== null)
    .filter((one) => (target(one, root) ?? one)["type"] !== "null");
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
