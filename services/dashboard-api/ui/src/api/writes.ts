/** Everything that can be done, as functions of the client. Each throws ProblemError. */

import type { ApiClient } from "./client";
import type {
  Begun,
  BreakerState,
  Bulk,
  Cancelling,
  Draining,
  Generated,
  Order,
  QueueState,
  Redriven,
  Reprioritised,
  Retried,
  Submitted,
} from "./types";

const path = (...parts: string[]) => parts.map((part) => `/${encodeURIComponent(part)}`).join("");

export const cancelJob = (api: ApiClient, id: string) =>
  api.write<Cancelling>("POST", path("jobs", id, "cancel"));

export const retryJob = (api: ApiClient, id: string) => api.write<Retried>("POST", path("jobs", id, "retry"));

export const setPriority = (api: ApiClient, id: string, priority: number) =>
  api.write<Reprioritised>("PATCH", path("jobs", id), { priority });

export const pauseQueue = (api: ApiClient, queue: string) =>
  api.write<QueueState>("POST", path("queues", queue, "pause"));

export const resumeQueue = (api: ApiClient, queue: string) =>
  api.write<QueueState>("POST", path("queues", queue, "resume"));

export const drainWorker = (api: ApiClient, worker: string) =>
  api.write<Draining>("POST", path("workers", worker, "drain"));

/** Opened by hand, a breaker stays open until it is closed by hand. */
export const openBreaker = (api: ApiClient, type: string) =>
  api.write<BreakerState>("POST", path("breakers", type, "open"));

export const closeBreaker = (api: ApiClient, type: string) =>
  api.write<BreakerState>("POST", path("breakers", type, "close"));

/** What a submission may say; only the type is required. */
export interface Submission {
  type: string;
  payload?: unknown;
  queue?: string;
  priority?: number | string;
  depends_on?: string[];
  on_dependency_failure?: "cancel" | "run";
  delay_ms?: number;
  run_at?: string;
  max_attempts?: number;
  backoff?: { initial_ms: number; multiplier: number; max_ms: number; jitter: boolean };
  timeout_ms?: number;
  tags?: Record<string, string>;
}

export const submitJob = (api: ApiClient, job: Submission) => api.write<Submitted>("POST", "/jobs", job);

/** Submits a job at most once for a key, however often it is sent. */
export const submitJobOnce = (api: ApiClient, { job, key }: { job: Submission; key: string }) =>
  api.write<Submitted>("POST", "/jobs", job, { "Idempotency-Key": key });

/** Which dead letters are tried again, how many of them, how fast, and what makes it stop. */
export interface Redrive {
  type?: string;
  queue?: string;
  error_fingerprint?: string;
  limit?: number;
  rate_per_s?: number;
  stop_on_failures?: number;
  dry_run?: boolean;
}

export const redriveDeadLetters = (api: ApiClient, redrive: Redrive) =>
  api.write<Redriven>("POST", "/dead-letter/redrive", redrive);

/** Many jobs to try things with; `{i}` in the payload's strings becomes the number of the job. */
export interface Load {
  count: number;
  type: string;
  payload_template?: Record<string, unknown>;
  priority?: number;
  queue?: string;
}

export const generateJobs = (api: ApiClient, load: Load) =>
  api.write<Generated>("POST", "/dev/generate-jobs", load);

/** What is to be done with many jobs; where it is not said how many or how fast: with all, at once. */
export type BulkOrder = Partial<Order> & Pick<Order, "action">;

/** Counts the jobs that are meant, and changes none. */
export const countBulk = (api: ApiClient, order: BulkOrder) =>
  api.order<Begun>("/bulk", { ...order, dry_run: true });

export const beginBulk = (api: ApiClient, order: BulkOrder) => api.order<Begun>("/bulk", order);

export const abortBulk = (api: ApiClient, id: string) => api.order<Bulk>(`${path("bulk", id)}/abort`);
