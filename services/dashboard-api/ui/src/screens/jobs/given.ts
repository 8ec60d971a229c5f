/** A payload in one line. Pure. */

const MEMBERS = 8;
const LETTERS = 120;

/** Returns names and values as a line has room for; the name is void where the whole is one value. */
export function given(payload: unknown): [name: string, value: string][] {
  if (payload === null || payload === undefined) return [];
  if (typeof payload !== "object" || Array.isArray(payload)) return [["", brief(payload)]];
  return Object.entries(payload)
    .slice(0, MEMBERS)
    .map(([name, value]) => [name.slice(0, LETTERS), brief(value)]);
}

function brief(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text === "" ? '""' : text.slice(0, LETTERS);
}
