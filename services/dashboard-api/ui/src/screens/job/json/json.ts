/** JSON as a person reads it: which values can be opened, what they say while they are shut, text that cannot play tricks. Pure. */

import { counted } from "~/format";

export type Entry = readonly [name: string | number, value: unknown];

/** Controls, and characters that turn the direction of writing or have no width: shown by their number. */
const UNSEEN = /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is controls that are looked for
const CONTROL = /[\u0000-\u0008\u000b-\u001f]/g;

/** Whether a value has something inside. */
export function opens(value: unknown): value is object {
  return typeof value === "object" && value !== null && sizeOf(value) > 0;
}

export function sizeOf(value: object): number {
  return Array.isArray(value) ? value.length : Object.keys(value).length;
}

/** Returns some of what is inside, in its order. */
export function entriesOf(value: object, most: number): Entry[] {
  if (Array.isArray(value)) return value.slice(0, most).map((one, index) => [index, one] as const);
  return Object.entries(value).slice(0, most);
}

/** What stands in the place of a value that is shut: "3 items", "{}". */
export function summary(value: object): string {
  const size = sizeOf(value);
  if (Array.isArray(value)) return size === 0 ? "[]" : `[ ${counted(size, "item")} ]`;
  return size === 0 ? "{}" : `{ ${counted(size, "key")} }`;
}

/** Writes a text as JSON does, with everything by its number that cannot be seen or turns what is around it. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(UNSEEN, numbered);
}

/** The same for text that is not shown as JSON: its lines and tabs stay. */
export function seen(text: string): string {
  return text.replace(UNSEEN, numbered).replace(CONTROL, numbered);
}

function numbered(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Writes the beginning of a text, and says how much there is of it where that is not all. */
export function shortened(text: string, most: number): { shown: string; rest: number } {
  if (text.length <= most) return { shown: quoted(text), rest: 0 };
  return { shown: `${quoted(text.slice(0, most)).slice(0, -1)}…`, rest: text.length - most };
}

/** Whether a number is so large that JavaScript may have rounded it. */
export function rounded(value: unknown): boolean {
  return typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
}

/** Whether there is such a number anywhere in a value. */
export function hasRounded(value: unknown): boolean {
  const open: unknown[] = [value];
  while (open.length > 0) {
    const one = open.pop();
    if (rounded(one)) return true;
    if (typeof one === "object" && one !== null) for (const inner of Object.values(one)) open.push(inner);
  }
  return false;
}

/** How many levels are open at first: as many as show a screenful at most. */
export function levelsOpen(value: unknown, most = 40): number {
  let level = [value].filter(opens);
  let shown = 0;
  for (let depth = 0; depth < 6; depth += 1) {
    shown += level.reduce<number>((sum, one) => sum + sizeOf(one), 0);
    if (level.length === 0 || shown > most) return Math.max(1, depth);
    level = level.flatMap((one) => Object.values(one).filter(opens));
  }
  return 6;
}
