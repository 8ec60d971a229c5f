/** One request, and what its answer means: JSON, or a problem document (RFC 9457) as an error. */

import type { Fault } from "./types";

/** A refusal, or a failure, in the server's words. `status` 0: no answer came. */
export class ProblemError extends Error {
  override name = "ProblemError";
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly errors: readonly Fault[] = [],
  ) {
    super(detail || title);
  }

  /** Whether asking again, unchanged, may help. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export type Parameter = string | number | boolean | null | undefined | readonly (string | number)[];
export type Parameters = Readonly<Record<string, Parameter>>;

export interface Answer<T> {
  body: T;
  headers: Headers;
}

/** Writes parameters as a query; arrays repeat their name, and what is null, undefined or "" is left out. */
export function query(parameters: Parameters): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null && one !== undefined && one !== "") search.append(name, String(one));
    }
  }
  const text = search.toString();
  return text && `?${text}`;
}

/** Reads JSON. Throws ProblemError. */
export async function get(url: string, signal?: AbortSignal): Promise<unknown> {
  return (await send(url, signal ? { signal } : {})).body;
}

/** Sends a request. Throws ProblemError, and what `fetch` throws when aborted. */
export async function send(url: string, init: RequestInit): Promise<Answer<unknown>> {
  const response = await fetch(url, init).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ProblemError(0, "No answer", "The server cannot be reached.");
  });
  const type = response.headers.get("Content-Type") ?? "";
  const body: unknown = type.includes("json") ? await response.json() : await response.text();
  if (!response.ok) throw problem(response, body);
  return { body, headers: response.headers };
}

function problem(response: Response, body: unknown): ProblemError {
  const told = typeof body === "object" && body !== null ? (body as Partial<ProblemError>) : {};
  const title = told.title || response.statusText || `HTTP ${response.status}`;
  return new ProblemError(response.status, title, told.detail ?? "", told.errors ?? []);
}
