/** What is asked of many jobs at once: which they are, what becomes of them, and how that is said. Pure. */

import type { Parameters } from "~/api/http";
import type { Order, Selection } from "~/api/types";
import type { BulkOrder } from "~/api/writes";
import { counted, STATUSES, type Status } from "~/format";

export type Action = Order["action"];

/** Which jobs are meant: some by name, or all that a search finds. */
export type Meant = { ids: readonly string[] } | { filter: Selection };

/** What was filled in; what is empty asks for nothing. */
export interface Filled {
  priority: number;
  limit: number | string;
  rate: number | string;
  stop: number | string;
}

/** A request names no more jobs. */
export const IDS_MOST = 10_000;
/** No bulk changes more; of more, a limit takes the oldest. */
export const JOBS_MOST = 1_000_000;

/** In which statuses jobs are that an action does something to. The others are refused. */
const TAKES: Readonly<Record<Action, readonly Status[]>> = {
  cancel: ["pending", "processing"],
  retry: ["failed", "cancelled"],
  reprioritise: ["pending"],
};

export interface Words {
  title: string;
  /** "Cancel 3 jobs" */
  verb: string;
  /** "cancelled": what is then true of them. */
  done: string;
  warning: string;
}

export const WORDS: Readonly<Record<Action, Words>> = {
  cancel: {
    title: "Cancel jobs",
    verb: "Cancel",
    done: "cancelled",
    warning:
      "Those that wait never start, and jobs that wait for them may be cancelled too. Those that run are interrupted; what they have done by then is not undone.",
  },
  retry: {
    title: "Retry jobs",
    verb: "Retry",
    done: "retried",
    warning:
      "They run again from their beginning, with all of their attempts, and do again whatever they did before.",
  },
  reprioritise: {
    title: "Change the priority of jobs",
    verb: "Move",
    done: "moved",
    warning: "They get a place in another line. Where they stood before is not remembered.",
  },
};

/** Returns what a search asks for as a bulk takes it: the same, without order and pages. */
export function selectionOf(parameters: Parameters): Selection {
  const { sort: _sort, limit: _limit, ...rest } = parameters;
  const said = Object.entries(rest).filter(
    ([, value]) => value !== undefined && value !== null && value !== "" && !isVoid(value),
  );
  return Object.fromEntries(said) as unknown as Selection;
}

function isVoid(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** Returns what to ask for. */
export function orderOf(action: Action, meant: Meant, filled: Filled): BulkOrder {
  const order: BulkOrder = { action };
  if ("ids" in meant) order.ids = [...meant.ids];
  else order.filter = meant.filter;
  if (action === "reprioritise") order.priority = filled.priority;
  const [limit, rate, stop] = [numberOf(filled.limit), numberOf(filled.rate), numberOf(filled.stop)];
  if (limit !== undefined) order.limit = Math.floor(limit);
  if (rate !== undefined) order.rate_per_s = rate;
  if (stop !== undefined && action === "retry") order.stop_on_failures = Math.floor(stop);
  return order;
}

/** The same, only to be counted. */
export function countOf(action: Action, meant: Meant): BulkOrder {
  const nothing = { priority: 10, limit: "", rate: "", stop: "" };
  return orderOf(action, meant, nothing);
}

/** One line of "of which …". */
export interface Share {
  status: Status | "unknown";
  jobs: number;
  /** Whether something is done to these; else they are refused. */
  taken: boolean;
  words: string;
}

/** Returns what will become of the jobs that were counted, by their status. */
export function sharesOf(
  action: Action,
  matched: number,
  byStatus: Readonly<Record<string, number>>,
): Share[] {
  const shares: Share[] = STATUSES.map((status) => {
    const taken = TAKES[action].includes(status);
    return { status, jobs: byStatus[status] ?? 0, taken, words: fateOf(action, status, taken) };
  });
  const known = shares.reduce((sum, { jobs }) => sum + jobs, 0);
  shares.push({
    status: "unknown",
    jobs: matched - known,
    taken: false,
    words: "not known any more: refused",
  });
  return shares.filter(({ jobs }) => jobs > 0).sort((one, other) => Number(other.taken) - Number(one.taken));
}

function fateOf(action: Action, status: Status, taken: boolean): string {
  if (!taken)
    return action === "retry" && status !== "completed" ? "not ended yet: refused" : refusal(status);
  if (action === "cancel") return status === "pending" ? "waiting: never start" : "running: interrupted";
  if (action === "retry") return status === "failed" ? "failed: run again" : "cancelled: run again";
  return "waiting: move to another line";
}

function refusal(status: Status): string {
  return status === "processing" ? "running: refused" : `${status}: refused`;
}

/** How many jobs it is about, once a limit is set. */
export function meantJobs(matched: number, limit: number | string): number {
  return Math.min(matched, JOBS_MOST, Math.floor(numberOf(limit) ?? matched));
}

/** What a bulk is about, in few words: "status failed · type image*". */
export function described({ filter, named }: { filter?: Selection | null; named: number }): string {
  if (!filter) return `${counted(named, "job")} by name`;
  const parts = Object.entries(filter).flatMap(([name, value]) => {
    const said = Array.isArray(value) ? value.join(", ") : String(value ?? "");
    return said === "" || name === "submitted_before" ? [] : [`${name.replaceAll("_", " ")} ${said}`];
  });
  return parts.length ? parts.join(" · ") : "all jobs";
}

export function numberOf(filled: number | string): number | undefined {
  const value = filled === "" ? Number.NaN : Number(filled);
  return value > 0 ? value : undefined;
}
