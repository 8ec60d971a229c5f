/** What can be asked for by name in the search box. */

export type Kind =
  | "status"
  | "phase"
  | "type"
  | "queue"
  | "worker"
  | "tag"
  | "priority"
  | "age"
  | "id"
  | "error"
  | "payload";

export interface Qualifier {
  name: Kind;
  /** For the list of completions. */
  about: string;
  example: string;
}

export const QUALIFIERS: readonly Qualifier[] = [
  { name: "status", about: "pending, processing, completed, failed, cancelled", example: "status:failed" },
  { name: "phase", about: "the finer state: ready, blocked, retrying …", example: "phase:retrying" },
  { name: "type", about: "type of job; * stands for anything", example: "type:image*" },
  { name: "queue", about: "name of the queue; * stands for anything", example: "queue:default" },
  { name: "worker", about: "worker of any attempt", example: "worker:w-3f9k2m1q8z" },
  { name: "error", about: "what it failed of: a text, or a fingerprint", example: "error:ValueError" },
  { name: "tag", about: "tag and value", example: "tag:customer=acme" },
  { name: "priority", about: "a number, a name, or a comparison", example: "priority:>=high" },
  { name: "age", about: "how long ago it was submitted", example: "age:>1h" },
  { name: "payload", about: "a value in what it was given", example: "payload.user.id:42" },
  { name: "id", about: "the id, or how it begins", example: "id:06ce3q" },
];

export function isQualifier(name: string): name is Kind {
  return QUALIFIERS.some((qualifier) => qualifier.name === name);
}
