/** Objects as forms change them: members set where they stand. Pure. */

export type Members = Record<string, unknown>;

/** Returns a member of an object; undefined where it has none of its own. */
export function memberOf(object: Readonly<Members>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** Returns an object with one member set, or without it. Members keep their order. */
export function withMember(object: Readonly<Members>, name: string, value: unknown): Members {
  const members = Object.entries(object);
  if (value === undefined) return Object.fromEntries(members.filter(([one]) => one !== name));
  if (members.some(([one]) => one === name))
    return Object.fromEntries(members.map(([one, old]) => [one, one === name ? value : old]));
  return Object.fromEntries([...members, [name, value]]);
}

export function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns the names of the members that must be given and are not. */
export function missingOf(
  fields: readonly { name: string; required: boolean }[],
  object: Readonly<Members>,
): string[] {
  return fields
    .filter(({ name, required }) => required && memberOf(object, name) === undefined)
    .map(({ name }) => name);
}

/** A line of a form for an object of any names. */
export interface Line {
  id: number;
  name: string;
  value: unknown;
}

/** Returns the object that lines say: those with a name, of which the first of each counts; a value not said is null. */
export function saidBy(lines: readonly Line[]): Members {
  const found = new Map<string, unknown>();
  for (const { name, value } of lines) if (name !== "" && !found.has(name)) found.set(name, value ?? null);
  return Object.fromEntries(found);
}
