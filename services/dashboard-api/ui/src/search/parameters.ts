/** What a search asks the API for. Pure: the names that a `*` may stand for are handed in. */

import type { Parameters } from "~/api/http";
import { isPhase, isStatus, PRIORITY_MAX, readDuration, readPriority } from "~/format";
import { type Term, terms } from "./terms";

export interface Names {
  types: readonly string[];
  queues: readonly string[];
}

export interface Asked {
  parameters: Parameters;
  /** What cannot be asked for, in words: one for each term that was left out. */
  problems: string[];
}

interface Draft {
  status: string[];
  phase: string[];
  type: string[];
  queue: string[];
  worker: string[];
  tag: string[];
  payload: string[];
  error_fingerprint: string[];
  age: string[];
  errors: string[];
  words: string[];
  priority_min: number | undefined;
  priority_max: number | undefined;
}

const FINGERPRINT = /^[0-9a-f]{16}$/;
const PATH_MOST = 16;
const COMPARISON = /^(>=|<=|>|<|=)?(.*)$/;

/** Whether a search has a `*` that only the names tell the meaning of. */
export function needsNames(text: string): boolean {
  return /\*[^*\s]/.test(text);
}

/** Reads a search as parameters of `GET /jobs`. */
export function asked(text: string, names: Names): Asked {
  const draft: Draft = {
    status: [],
    phase: [],
    type: [],
    queue: [],
    worker: [],
    tag: [],
    payload: [],
    error_fingerprint: [],
    age: [],
    errors: [],
    words: [],
    priority_min: undefined,
    priority_max: undefined,
  };
  const problems: string[] = [];
  for (const term of terms(text)) {
    const problem = take(draft, term, names);
    if (problem) problems.push(problem);
  }
  const { words, errors, ...rest } = draft;
  return { parameters: { ...rest, error: errors.join(" "), q: words.join(" ") }, problems };
}

function take(draft: Draft, { kind, value }: Term, names: Names): string | undefined {
  if (value === "") return kind === null ? undefined : `${kind}: needs a value`;
  switch (kind) {
    case null:
    case "id":
      draft.words.push(value);
      return undefined;
    case "status":
      return isStatus(value) ? void draft.status.push(value) : `“${value}” is no status`;
    case "phase":
      return isPhase(value) ? void draft.phase.push(value) : `“${value}” is no phase`;
    case "type":
      return void draft.type.push(...matching(value, names.types));
    case "queue":
      return void draft.queue.push(...matching(value, names.queues));
    case "worker":
      return void draft.worker.push(value);
    case "tag":
      return takeTag(draft, value);
    case "payload":
      return takePayload(draft, value);
    case "error":
      return void (FINGERPRINT.test(value) ? draft.error_fingerprint : draft.errors).push(value);
    case "priority":
      return takePriority(draft, value);
    case "age":
      return takeAge(draft, value);
  }
}

function takeTag(draft: Draft, value: string): string | undefined {
  const at = value.search(/[=:]/);
  if (at < 1) return `tag: is written tag:name=value, not “${value}”`;
  draft.tag.push(`${value.slice(0, at)}:${value.slice(at + 1)}`);
  return undefined;
}

function takePriority(draft: Draft, value: string): string | undefined {
  const [, sign = "=", text = ""] = COMPARISON.exec(value) ?? [];
  const wanted = readPriority(text);
  if (wanted === null)
    return `“${value}” is no priority: 0 to ${PRIORITY_MAX}, or low, normal, high, critical`;
  if (sign !== "<" && sign !== "<=")
    draft.priority_min = Math.min(PRIORITY_MAX, sign === ">" ? wanted + 1 : wanted);
  if (sign !== ">" && sign !== ">=") draft.priority_max = Math.max(0, sign === "<" ? wanted - 1 : wanted);
  return undefined;
}

function takePayload(draft: Draft, value: string): string | undefined {
  const at = value.indexOf(":");
  const keys = value.slice(0, Math.max(0, at)).split(".");
  if (at < 1 || keys.includes("") || keys.length > PATH_MOST)
    return `payload: is written payload.user.id:42, not “${value}”`;
  draft.payload.push(value);
  return undefined;
}

function takeAge(draft: Draft, value: string): string | undefined {
  const [, sign = ">", text = ""] = COMPARISON.exec(value) ?? [];
  const length = readDuration(text);
  if (length === null) return `“${value}” is no age: write age:>1h, age:<30s`;
  draft.age.push(`${sign.startsWith("<") ? "<" : ">"}${span(length)}`);
  return undefined;
}

/** A duration as the API takes it: a whole number, of six digits at most, of the smallest unit that has room for it. */
function span(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1_000));
  if (seconds < 1_000_000) return `${seconds}s`;
  return seconds < 60_000_000
    ? `${Math.round(seconds / 60)}m`
    : `${Math.min(999_999, Math.round(seconds / 3_600))}h`;
}

/**
 * The names that a pattern with `*` stands for; itself where it stands for none, so that nothing is found.
 *
 * A `*` at its end is for the API, which knows all names.
 */
function matching(pattern: string, names: readonly string[]): string[] {
  if (!needsNames(pattern)) return [pattern];
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  const regexp = new RegExp(`^${parts.join(".*")}$`);
  const found = names.filter((name) => regexp.test(name));
  return found.length ? found : [pattern];
}
