/** What was filled in, as texts, and the job that it says. Pure. */

import type { Submission } from "~/api/writes";
import { isJobId, readDuration, readPriority } from "~/format";

export interface Draft {
  type: string;
  queue: string;
  priority: string;
  /** JSON. */
  payload: string;
  delay: string;
  timeout: string;
  maxAttempts: string;
  /** `name=value` each. */
  tags: string[];
  dependsOn: string[];
  runAnyway: boolean;
  key: string;
}

export const EMPTY: Draft = {
  type: "",
  queue: "",
  priority: "",
  payload: "{}",
  delay: "",
  timeout: "",
  maxAttempts: "",
  tags: [],
  dependsOn: [],
  runAnyway: false,
  key: "",
};

export type Problems = Partial<Record<keyof Draft, string>>;

const NAME = /^[A-Za-z0-9._-]{1,128}$/;
const NAME_WORDS = "1 to 128 letters, digits, dots, dashes, underscores";
const PAYLOAD_MOST = 1024 * 1024;
const DAY_MS = 86_400_000;
const DELAY_MOST_MS = 366 * DAY_MS;

/** What a worker said that jobs of a type have where nobody says otherwise. */
export interface Defaults {
  queue: string | null;
  max_attempts: number | null;
}

/** What the server takes where nothing is said. */
const SERVERS: Defaults = { queue: "default", max_attempts: 3 };

/**
 * Returns the job, with only what was said of it, and what is wrong with the fields; no job where anything is.
 * Where the type has other defaults than the server, they are said.
 */
export function read(
  draft: Draft,
  defaults: Defaults = SERVERS,
): { job: Submission | null; problems: Problems } {
  const problems: Problems = {};
  const wrong = (field: keyof Draft, what: string) => {
    problems[field] = what;
  };
  const job: Submission = { type: draft.type };
  if (!NAME.test(draft.type)) wrong("type", NAME_WORDS);
  if (draft.queue && !NAME.test(draft.queue)) wrong("queue", NAME_WORDS);
  else if (draft.queue) job.queue = draft.queue;
  else if (defaults.queue && defaults.queue !== SERVERS.queue) job.queue = defaults.queue;
  readInto(job, draft, wrong);
  if (!draft.maxAttempts && defaults.max_attempts && defaults.max_attempts !== SERVERS.max_attempts)
    job.max_attempts = defaults.max_attempts;
  const payload = readJson(draft.payload);
  if (payload.problem !== undefined) wrong("payload", payload.problem);
  else job.payload = payload.value;
  if (new Blob([draft.payload]).size > PAYLOAD_MOST) wrong("payload", "At most 1 MiB");
  return { job: Object.keys(problems).length === 0 ? job : null, problems };
}

function readInto(job: Submission, draft: Draft, wrong: (field: keyof Draft, what: string) => void): void {
  const priority = readPriority(draft.priority);
  if (draft.priority && priority === null) wrong("priority", "0 to 20, or low, normal, high, critical");
  else if (priority !== null && draft.priority) job.priority = priority;
  const delay = readDuration(draft.delay);
  if (draft.delay && (delay === null || delay > DELAY_MOST_MS))
    wrong("delay", "Like 30s, 5m or 2h; at most 366d");
  else if (delay) job.delay_ms = Math.round(delay);
  const timeout = readDuration(draft.timeout);
  if (draft.timeout && (!timeout || timeout > DAY_MS)) wrong("timeout", "Like 30s, 5m or 2h; at most 24h");
  else if (timeout) job.timeout_ms = Math.max(1, Math.round(timeout));
  const attempts = Number(draft.maxAttempts);
  if (draft.maxAttempts && !(Number.isInteger(attempts) && attempts >= 1 && attempts <= 100)) {
    wrong("maxAttempts", "1 to 100");
  } else if (draft.maxAttempts) job.max_attempts = attempts;
  if (draft.tags.some((tag) => !/^[^=]{1,64}=.{0,256}$/su.test(tag))) wrong("tags", "name=value each");
  else if (draft.tags.length > 16) wrong("tags", "At most 16");
  else if (draft.tags.length > 0) job.tags = tagsOf(draft.tags);
  const strangers = draft.dependsOn.filter((id) => !isJobId(id));
  if (strangers.length > 0) wrong("dependsOn", "Ids of jobs, of 24 characters each");
  else if (draft.dependsOn.length > 0) {
    job.depends_on = draft.dependsOn;
    if (draft.runAnyway) job.on_dependency_failure = "run";
  }
  if (draft.key.length > 255) wrong("key", "At most 255 characters");
  else if (!/^[\x20-\x7e]*$/.test(draft.key)) wrong("key", "Letters, digits and signs of ASCII alone");
}

function tagsOf(tags: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    tags.map((tag) => [tag.slice(0, tag.indexOf("=")), tag.slice(tag.indexOf("=") + 1)]),
  );
}

/** Reads JSON; where it is none, the problem is in the words of the browser, which say the place. */
export function readJson(text: string): { value: unknown; problem?: string } {
  if (text.trim() === "") return { value: {} };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return { value: undefined, problem: `This is not JSON: ${error instanceof Error ? error.message : ""}` };
  }
}
