/** What a search asks the API for. Pure: the time, and the names that a `*` may stand for, are handed in. */

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
  words: string[];
  priority_min: number | undefined;
  priority_max: number | undefined;
  submitted_after: string | undefined;
  submitted_before: string | undefined;
}

const COMPARISON = /^(>=|<=|>|<|=)?(.*)$/;

/** Reads a search as parameters of `GET /jobs`. */
export function asked(text: string, names: Names, now: number): Asked {
  const draft: Draft = {
    status: [],
    phase: [],
    type: [],
    queue: [],
    worker: [],
    tag: [],
    payload: [],
    words: [],
    priority_min: undefined,
    priority_max: undefined,
    submitted_after: undefined,
    submitted_before: undefined,
  };
  const problems: string[] = [];
  for (const term of terms(text)) {
    const problem = take(draft, term, names, now);
    if (problem) problems.push(problem);
  }
  const { words, ...rest } = draft;
  return { parameters: { ...rest, q: words.join(" ") }, problems };
}

function take(draft: Draft, { kind, value }: Term, names: Names, now: number): string | undefined {
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
      return void draft.payload.push(value);
    case "priority":
      return takePriority(draft, value);
    case "age":
      return takeAge(draft, value, now);
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

function takeAge(draft: Draft, value: string, now: number): string | undefined {
  const [, sign = ">", text = ""] = COMPARISON.exec(value) ?? [];
  const length = readDuration(text);
  if (length === null) return `“${value}” is no age: write age:>1h, age:<30s`;
  const at = new Date(now - length).toISOString();
  if (sign.startsWith("<")) draft.submitted_after = at;
  else draft.submitted_before = at;
  return undefined;
}

/** The names that a pattern with `*` stands for; itself where it stands for none, so that nothing is found. */
function matching(pattern: string, names: readonly string[]): string[] {
  if (!pattern.includes("*")) return [pattern];
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  const regexp = new RegExp(`^${parts.join(".*")}$`);
  const found = names.filter((name) => regexp.test(name));
  return found.length ? found : [pattern];
}
