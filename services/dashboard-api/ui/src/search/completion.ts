/** What the search box offers for the term under the caret. Pure. */

import { PHASES, PRIORITIES, STATUSES } from "~/format";
import { type Kind, QUALIFIERS } from "./qualifiers";
import { terms, written } from "./terms";

export interface Vocabulary {
  types: readonly string[];
  queues: readonly string[];
  workers: readonly string[];
  tags: readonly string[];
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
  const suggestions = kind === null ? names(typed) : values(kind, typed.slice(kind.length + 1), vocabulary);
  return { start, end, suggestions: suggestions.slice(0, MOST) };
}

/** Returns the text with a suggestion taken, and where the caret then is. */
export function taken(text: string, { start, end }: Completion, suggestion: Suggestion): [string, number] {
  const rest = text.slice(end);
  const between = suggestion.whole && !rest.startsWith(" ") ? " " : "";
  const caret = start + suggestion.text.length + (suggestion.whole ? 1 : 0);
  return [text.slice(0, start) + suggestion.text + between + rest, caret];
}

function names(typed: string): Suggestion[] {
  return QUALIFIERS.filter(({ name }) => name.startsWith(typed.toLowerCase())).map(({ name, about }) => ({
    label: `${name}:`,
    about,
    text: `${name}:`,
    whole: false,
  }));
}

function values(kind: Kind, typed: string, vocabulary: Vocabulary): Suggestion[] {
  const wanted = typed.replaceAll('"', "").toLowerCase();
  const offered = offer(kind, vocabulary);
  const ranked = [
    ...offered.filter(([value]) => value.toLowerCase().startsWith(wanted)),
    ...offered.filter(([value]) => value.toLowerCase().indexOf(wanted) > 0),
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

function offer(kind: Kind, { types, queues, workers, tags }: Vocabulary): (readonly [string, string])[] {
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
