/** What is known of attempts whose worker died, in words; and what a line of a history says. Pure. */

import type { EventView } from "~/api/types";
import { bytes, duration, ms } from "~/format";

export interface Loss {
  reason: string;
  /** Whether the attempt was under way; one that had not begun is not to blame. */
  running: boolean;
  /** "ended by SIGKILL, pid 4711 on web-1" */
  words: string;
  outOfMemory: boolean;
  /** The last lines the worker wrote. */
  log: string;
}

const SIGNALS: Readonly<Record<number, string>> = {
  1: "SIGHUP",
  2: "SIGINT",
  3: "SIGQUIT",
  4: "SIGILL",
  6: "SIGABRT",
  7: "SIGBUS",
  8: "SIGFPE",
  9: "SIGKILL",
  11: "SIGSEGV",
  13: "SIGPIPE",
  14: "SIGALRM",
  15: "SIGTERM",
};

type Fields = Readonly<Record<string, unknown>>;

/** Returns how each lost attempt was lost, by attempt and worker; the latest, where there are several. */
export function losses(history: readonly EventView[]): ReadonlyMap<string, Loss> {
  const found = new Map<string, Loss>();
  for (const { event, data } of history) {
    if (event === "job.lost")
      found.set(lossKey(Number(data["attempt"]), String(data["worker"])), lossOf(data));
  }
  return found;
}

export function lossKey(attempt: number, worker: string): string {
  return `${attempt} ${worker}`;
}

function lossOf(data: Fields): Loss {
  const given = data["evidence"];
  const evidence = (typeof given === "object" && given !== null ? given : {}) as Fields;
  return {
    reason: text(data["reason"]),
    running: data["running"] !== false,
    words: death(evidence),
    outOfMemory: evidence["out_of_memory"] === true,
    log: text(evidence["log"]),
  };
}

/** Says how a worker died, as far as that is known; void where nothing is. */
export function death(evidence: Fields): string {
  const signal = Number(evidence["signal"] ?? 0);
  const code = evidence["exit_code"];
  const parts: string[] = [];
  if (signal > 0) parts.push(`ended by ${SIGNALS[signal] ?? `signal ${signal}`}`);
  else if (typeof code === "number") parts.push(`ended with exit code ${code}`);
  if (evidence["out_of_memory"] === true) parts.push("out of memory");
  if (Number(evidence["rss_bytes"] ?? 0) > 0)
    parts.push(`${bytes(Number(evidence["rss_bytes"]))} at its last heartbeat`);
  if (Number(evidence["pid"] ?? 0) > 0) parts.push(`pid ${evidence["pid"]} on ${text(evidence["host"])}`);
  return parts.join(", ");
}

/** What an event says beyond its name, in a few words; void where there is nothing to say. */
export function says({ event, at, data }: EventView): string {
  const error = errorIn(data);
  switch (event) {
    case "job.submitted":
      return `to ${text(data["queue"])}, priority ${data["priority"]}`;
    case "job.blocked":
      return Array.isArray(data["on"]) ? `on ${data["on"].length} jobs` : "";
    case "job.released":
      return `for attempt ${data["attempt"]}, priority ${data["priority"]}`;
    case "job.started":
      return `attempt ${data["attempt"]} on ${text(data["worker"])}`;
    case "job.progressed":
      return `${data["percent"]} % ${text(data["message"])}`.trim();
    case "job.succeeded":
      return typeof data["run_us"] === "number" ? `ran ${duration(data["run_us"] / 1_000)}` : "";
    case "job.retry_scheduled":
      return `attempt ${data["attempt"]} in ${duration(Number(data["due_ms"]) - (ms(at) ?? 0))}`;
    case "job.reprioritised":
      return `to ${data["priority"]}`;
    case "job.redriven":
      return `generation ${data["generation"]}`;
    case "job.failed":
      return error;
    case "dependency.resolved":
      return `${text(data["parent"])} ${text(data["status"])}`;
    default:
      return [text(data["reason"]), error].filter(Boolean).join(": ");
  }
}

function errorIn(data: Fields): string {
  const error = data["error"];
  if (typeof error !== "object" || error === null) return "";
  const { type, message } = error as Fields;
  return [text(type), text(message)].filter(Boolean).join(": ");
}

function text(value: unknown): string {
  return value === null || value === undefined ? "" : String(value);
}
