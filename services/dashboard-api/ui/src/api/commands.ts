/** A job as it is submitted from a shell or from Python. Pure; what it returns can be pasted as it is. */

import type { Submission } from "./writes";

export type Language = "curl" | "cli" | "python";

export interface Order {
  job: Submission;
  /** Of the request, where there is one. */
  key?: string;
}

/** Returns the command that submits a job. `ingest`: where it listens. */
export function command(language: Language, order: Order, ingest: string): string {
  return { curl: asCurl, cli: asCli, python: asPython }[language](order, ingest);
}

function asCurl({ job, key }: Order, ingest: string): string {
  const lines = [`curl ${shell(`${ingest}/jobs`)}`, "-H 'Content-Type: application/json'"];
  if (key) lines.push(`-H ${shell(`Idempotency-Key: ${key}`)}`);
  lines.push(`--data-raw ${shell(JSON.stringify(job))}`);
  return lines.join(" \\\n  ");
}

/** What it has no option for is left out, and said. */
function asCli({ job, key }: Order, ingest: string): string {
  const lines = [`JOURNEYMAN_INGEST_URL=${shell(ingest)} journeyman submit ${shell(job.type)}`];
  if (job.payload !== undefined) lines[0] += ` ${shell(argument(JSON.stringify(job.payload)))}`;
  const option = (name: string, value: unknown) => {
    if (value === undefined) return;
    const text = String(value);
    lines.push(text.startsWith("-") ? shell(`--${name}=${text}`) : `--${name} ${shell(text)}`);
  };
  option("queue", job.queue);
  option("priority", job.priority);
  if (job.depends_on?.length) lines.push(`--depends-on ${job.depends_on.map(shell).join(" ")}`);
  option("on-dependency-failure", job.on_dependency_failure);
  option("delay", job.delay_ms === undefined ? undefined : `${job.delay_ms}ms`);
  option("run-at", job.run_at);
  option("max-attempts", job.max_attempts);
  option("timeout", job.timeout_ms === undefined ? undefined : `${job.timeout_ms}ms`);
  const [tags, unsaid] = sayable(job.tags ?? {});
  for (const tag of tags) option("tag", tag);
  option("idempotency-key", key);
  if (job.backoff) unsaid.push("the backoff");
  const missing = unsaid.length ? `# Without ${unsaid.join(", ")}: the command line cannot say that.\n` : "";
  return missing + lines.join(" \\\n  ");
}

/** A payload that begins with a dash would be taken for an option. */
function argument(payload: string): string {
  return payload.startsWith("-") ? ` ${payload}` : payload;
}

/** Returns the tags as the command line takes them, and what to call those that it does not: names end at a colon. */
function sayable(tags: Readonly<Record<string, string>>): [string[], string[]] {
  const all = Object.entries(tags);
  const said = all.filter(([name]) => !/[:=]/.test(name)).map(([name, value]) => `${name}:${value}`);
  return [said, said.length < all.length ? ["tags with a colon or an equals sign in their names"] : []];
}

function asPython({ job, key }: Order, ingest: string): string {
  const { type, payload, delay_ms: delay, timeout_ms: timeout, ...rest } = job;
  const given = [literal(type)];
  if (payload !== undefined) given.push(literal(payload));
  const named = { ...rest, delay, timeout, idempotency_key: key };
  for (const [name, value] of Object.entries(named))
    if (value !== undefined) given.push(`${name}=${literal(value)}`);
  return [
    "from journeyman import Client",
    "",
    `with Client(${literal(ingest)}) as client:`,
    `    job = client.submit(${given.join(", ")})`,
  ].join("\n");
}

/** Quotes a word for a POSIX shell, where it needs that. */
export function shell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Writes a JSON value as Python does. JSON's strings are Python's too, but for lone halves of characters. */
export function literal(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value === "object") {
    const members = Object.entries(value).map(([name, one]) => `${literal(name)}: ${literal(one)}`);
    return `{${members.join(", ")}}`;
  }
  return String(value);
}
