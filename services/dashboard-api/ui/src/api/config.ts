/** Where the two services are, and what they say of themselves. */

import { get } from "./http";

export interface Config {
  /** The dashboard's API; "" is where this page came from. */
  dashboard: string;
  /** Ingest's API, to which everything goes that changes something. */
  ingest: string;
  version: string;
  environment: string;
  /** Where a trace is shown, with `{trace_id}` in it; void where nobody said. */
  traceUrl: string;
  /** How long a worker may be silent before it is lost. */
  heartbeatTimeoutMs: number;
}

interface Addresses {
  dashboard?: string;
  ingest?: string;
}

interface Told {
  ingest_url?: string;
  version?: string;
  environment?: string;
  trace_url?: string;
  heartbeat_timeout_ms?: number;
}

const INGEST_PORT = 8000;
/** As set where nobody set it. */
const HEARTBEAT_TIMEOUT_MS = 10_000;

/**
 * Returns the configuration: the file beside the page names other hosts, the dashboard tells the rest.
 *
 * Never fails: what nobody tells is ingest's usual port on the host of the page.
 */
export async function loadConfig(page: Location = location): Promise<Config> {
  const addresses = await or<Addresses>(get("config.json"), {});
  const dashboard = (addresses.dashboard ?? "").replace(/\/$/, "");
  const told = await or<Told>(get(`${dashboard}/config`), {});
  const usual = `${page.protocol}//${page.hostname}:${INGEST_PORT}`;
  return {
    dashboard,
    ingest: (addresses.ingest ?? told.ingest_url ?? usual).replace(/\/$/, ""),
    version: told.version ?? "",
    environment: told.environment ?? "",
    traceUrl: told.trace_url ?? "",
    heartbeatTimeoutMs: told.heartbeat_timeout_ms ?? HEARTBEAT_TIMEOUT_MS,
  };
}

async function or<T>(asked: Promise<unknown>, otherwise: T): Promise<T> {
  try {
    return (await asked) as T;
  } catch {
    return otherwise;
  }
}
