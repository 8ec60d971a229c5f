/** The two services as one object: reads go to the dashboard, writes to ingest; but bulks are the dashboard's. */

import type { Config } from "./config";
import { type Parameters, query, send } from "./http";
import { Written } from "./offsets";

export type Method = "POST" | "PATCH" | "DELETE";

/** path: what was asked for. offset: everything up to there is in the answer. */
export type AnswerListener = (path: string, offset: string) => void;

export class ApiClient {
  readonly written = new Written();
  readonly #listeners = new Set<AnswerListener>();

  constructor(readonly config: Config) {}

  /** Reads from the dashboard, not older than the last write. Throws ProblemError. */
  async read<T>(path: string, parameters: Parameters = {}, signal?: AbortSignal): Promise<T> {
    const url = this.dashboardUrl(path, { min_offset: this.written.minOffset(), ...parameters });
    const answer = await send(url, signal ? { signal } : {});
    const offset = answer.headers.get("Journeyman-Offset");
    if (offset !== null && parameters["as_of"] === undefined)
      for (const listener of this.#listeners) listener(path, offset);
    return answer.body as T;
  }

  /** Calls `listener` with every answer about the present, until the returned function is called. */
  readonly onAnswer = (listener: AnswerListener): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Writes to ingest, and remembers how far reads must be to know of it. Throws ProblemError. */
  async write<T>(
    method: Method,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<T> {
    const answer = await send(`${this.config.ingest}${path}`, request(method, body, headers));
    this.written.remember(answer.headers.get("Journeyman-Offset"));
    return answer.body as T;
  }

  /** Has the dashboard do something, which tells by itself how far it is. Throws ProblemError. */
  async order<T>(path: string, body?: unknown): Promise<T> {
    return (await send(`${this.config.dashboard}${path}`, request("POST", body))).body as T;
  }

  /** The address of something at the dashboard: for downloads, links and the stream. */
  dashboardUrl(path: string, parameters: Parameters = {}): string {
    return `${this.config.dashboard}${path}${query(parameters)}`;
  }
}

function request(method: Method, body: unknown, headers: Record<string, string> = {}): RequestInit {
  if (body === undefined) return { method, headers };
  return { method, headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) };
}
