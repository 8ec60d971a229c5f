/** The two services as one object: reads go to the dashboard, writes to ingest. */

import type { Config } from "./config";
import { get, type Parameters, query, send } from "./http";
import { Written } from "./offsets";

export type Method = "POST" | "PATCH" | "DELETE";

export class ApiClient {
  readonly written = new Written();

  constructor(readonly config: Config) {}

  /** Reads from the dashboard, not older than the last write. Throws ProblemError. */
  async read<T>(path: string, parameters: Parameters = {}, signal?: AbortSignal): Promise<T> {
    return (await get(
      this.dashboardUrl(path, { min_offset: this.written.minOffset(), ...parameters }),
      signal,
    )) as T;
  }

  /** Writes to ingest, and remembers how far reads must be to know of it. Throws ProblemError. */
  async write<T>(
    method: Method,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<T> {
    const init: RequestInit = { method, headers };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers = { "Content-Type": "application/json", ...headers };
    }
    const answer = await send(`${this.config.ingest}${path}`, init);
    this.written.remember(answer.headers.get("Journeyman-Offset"));
    return answer.body as T;
  }

  /** The address of something at the dashboard: for downloads, links and the stream. */
  dashboardUrl(path: string, parameters: Parameters = {}): string {
    return `${this.config.dashboard}${path}${query(parameters)}`;
  }
}
