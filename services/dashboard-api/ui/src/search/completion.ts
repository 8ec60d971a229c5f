/** What the search box offers for the term under the caret. Pure. */

import { PHASES, PRIORITIES, STATUSES } from "~/format";
import { type Kind, QUALIFIERS } from "./qualifiers";
import { terms, written } from "./terms";

export interface Vocabulary {
  types: readonly string[];
  queues: readonly string[];
  workers: readonly string[];
  tags: readonly string[];
  /** Fingerprint and words of what jobs failed of. */
  errors: readonly (readonly [string, string])[];
  /** Values by path, as they stand in payloads. */
  payloads: ReadonlyMap<string, readonly string[]>;
}

export interface Suggestion {
  label: string;
  about: string;
  /** What takes the place of the term. */
  text: string;
  /** Whether the term is then whole: a space follows. */
  whole: boolean;
}

export interface Completion {
  start: number;
  end: number;
  suggestions: Suggestion[];
}

const MOST = 12;

/** Returns what may stand where the caret is. */
export function complete(text: string, caret: number, vocabulary: Vocabulary): Completion {
  const under = terms(text).find(({ start, end }) => start < caret && caret <= end);
  const start = under?.start ?? caret;
  const end = under?.end ?? caret;
  const typed = text.slice(start, caret);
  const kind = under?.kind ?? null;
  const suggestions = offered(kind, typed, vocabulary);
  return { start, end, suggestions: suggestions.slice(0, MOST) };
}

/** Returns the text with a suggestion taken, and where the caret then is. */
export function taken(text: string, { start, end }: Completion, suggestion: Suggestion): [string, number] {
  const rest = text.slice(end);
  const between = suggestion.whole && !rest.startsWith(" ") ? " " : "";
  const caret = start + suggestion.text.length + (suggestion.whole ? 1 : 0);
  return [text.slice(0, start) + suggestion.text + between + rest, caret];
}

function offered(kind: Kind | null, typed: string, vocabulary: Vocabulary): Suggestion[] {
  if (kind === "payload") return payloadValues(typed, vocabulary.payloads);
  if (kind !== null) return values(kind, typed.slice(kind.length + 1), vocabulary);
  return typed.startsWith("payload.") ? payloadPaths(typed, vocabulary.payloads) : names(typed);
}

function names(typed: string): Suggestion[] {
  return QUALIFIERS.filter(({ name }) => name.startsWith(typed.toLowerCase())).map(({ name, about }) => {
    const text = name === "payload" ? "payload." : `${name}:`;
    return { label: text, about, text, whole: false };
  });
}

function payloadPaths(typed: string, payloads: Vocabulary["payloads"]): Suggestion[] {
  return [...payloads]
    .map(([path, found]) => [`payload.${path}:`, found[0] ?? ""] as const)
    .filter(([text]) => text.startsWith(typed))
    .map(([text, example]) => ({ label: text, about: `like ${example}`, text, whole: false }));
}

function payloadValues(typed: string, payloads: Vocabulary["payloads"]): Suggestion[] {
  const path = typed.slice("payload.".length, typed.indexOf(":"));
  const begun = typed
    .slice(typed.indexOf(":") + 1)
    .replaceAll('"', "")
    .toLowerCase();
  return (payloads.get(path) ?? [])
    .filter((value) => value.toLowerCase().startsWith(begun) && value.toLowerCase() !== begun)
    .map((value) => ({ label: value, about: "", text: written("payload", `${path}:${value}`), whole: true }));
}

function values(kind: Kind, typed: string, vocabulary: Vocabulary): Suggestion[] {
  const wanted = typed.replaceAll('"', "").toLowerCase();
  const known = offer(kind, vocabulary);
  const ranked = [
    ...known.filter(([value]) => value.toLowerCase().startsWith(wanted)),
    ...known.filter(([value]) => value.toLowerCase().indexOf(wanted) > 0),
    ...(wanted === "" || kind !== "error"
      ? []
      : known.filter(([, words]) => words.toLowerCase().includes(wanted))),
  ];
  return ranked
    .filter(([value]) => value !== typed)
    .map(([value, about]) => ({
      label: value,
      about,
      text: written(kind, value),
      whole: !value.endsWith("="),
    }));
}

/** A value, and what it is. */
type Offers = readonly (readonly [string, string])[];

function offer(kind: Kind, { types, queues, workers, tags, errors }: Vocabulary): Offers {
  const plain = (values: readonly string[], about = "") => values.map((value) => [value, about] as const);
  switch (kind) {
    case "status":
      return plain(STATUSES);
    case "phase":
      return Object.entries(PHASES);
    case "type":
      return plain(types);
    case "queue":
      return plain(queues);
    case "worker":
      return plain(workers);
    case "tag":
      return plain(tags);
    case "error":
      return errors;
    case "priority":
      return Object.entries(PRIORITIES).flatMap(([name, value]) => [
        [name, String(value)] as const,
        [`>=${name}`, `${value} and more`] as const,
      ]);
    case "age":
      return [
        ["<1m", "in the last minute"],
        ["<15m", "in the last quarter of an hour"],
        ["<1h", "in the last hour"],
        [">1h", "over an hour ago"],
        [">1d", "over a day ago"],
      ];
    default:
      return [];
  }
}
