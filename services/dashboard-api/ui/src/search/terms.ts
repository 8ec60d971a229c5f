/**
 * The language of the search box. Pure.
 *
 * Words are separated by spaces; `name:value` asks for something by name, `"…"` keeps spaces together, everything else is
 * looked for in id, type, payload and error. The same name twice means either; different names all hold.
 */

import { isQualifier, type Kind } from "./qualifiers";

export interface Term {
  /** What is asked for; null for a word that is looked for anywhere. */
  kind: Kind | null;
  value: string;
  /** Where it stands in the text. */
  start: number;
  end: number;
}

const TERM = /(?:([a-z]+(?:\.[^\s:"]+)?):)?("(?:[^"\\]|\\.)*"?|[^\s"]*)/gy;

/** Reads a text. Nothing is refused: what is no qualifier is a word. */
export function terms(text: string): Term[] {
  const found: Term[] = [];
  const pattern = new RegExp(TERM.source, TERM.flags);
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text[at] ?? "")) {
      at += 1;
      continue;
    }
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    const end = at + Math.max(1, match?.[0].length ?? 1);
    found.push(term(text.slice(at, end), at, end));
    at = end;
  }
  return found;
}

function term(raw: string, start: number, end: number): Term {
  const colon = raw.indexOf(":");
  const name = colon > 0 ? raw.slice(0, colon) : "";
  if (name.startsWith("payload.")) {
    const value = `${name.slice("payload.".length)}:${unquoted(raw.slice(colon + 1))}`;
    return { kind: "payload", value, start, end };
  }
  if (!isQualifier(name)) return { kind: null, value: unquoted(raw), start, end };
  return { kind: name, value: unquoted(raw.slice(colon + 1)), start, end };
}

function unquoted(text: string): string {
  return text.startsWith('"') ? text.slice(1).replace(/"$/, "").replace(/\\(.)/g, "$1") : text;
}

/** Writes a term as it is typed. */
export function written(kind: Kind | null, value: string): string {
  if (kind === "payload") {
    const at = value.indexOf(":");
    return at < 0 ? `payload.${value}` : `payload.${value.slice(0, at)}:${quoted(value.slice(at + 1))}`;
  }
  if (kind === null) return quoted(value, /^[a-z]+[:.]/.test(value));
  return `${kind}:${quoted(value)}`;
}

function quoted(value: string, anyway = false): string {
  if (value === "" || !(anyway || /[\s"]/.test(value))) return value;
  return `"${value.replace(/(["\\])/g, "\\$1")}"`;
}

/** Returns a text in which a kind has these values and no others, at the place where it first stood. */
export function withValues(text: string, kind: Kind, values: readonly string[]): string {
  const before = terms(text);
  const written_ = values.map((value) => written(kind, value));
  const parts: string[] = [];
  let placed = false;
  for (const one of before) {
    if (one.kind !== kind) {
      parts.push(text.slice(one.start, one.end));
    } else if (!placed) {
      placed = true;
      parts.push(...written_);
    }
  }
  if (!placed) parts.push(...written_);
  return parts.join(" ");
}

/** Returns the values that a text asks for of a kind. */
export function valuesOf(text: string, kind: Kind): string[] {
  return terms(text)
    .filter((one) => one.kind === kind)
    .map(({ value }) => value);
}
