/** A listed job, after an event: what can be known of it without asking. Pure. */

import type { ErrorView, EventView, JobView } from "~/api/types";
import type { LiveEvent } from "~/live/events";

type Data = Readonly<Record<string, unknown>>;

/** Returns the jobs with everything that events of theirs say; the very same array where none does. */
export function patched(jobs: readonly JobView[], events: readonly LiveEvent[]): readonly JobView[] {
  const places = new Map(jobs.map(({ id }, place) => [id, place]));
  let after: JobView[] | undefined;
  for (const event of events) {
    if (!event.tag.startsWith("job.")) continue;
    const place = places.get(event.jobId ?? "");
    if (place === undefined) continue;
    after ??= [...jobs];
    const job = after[place];
    if (job) after[place] = { ...job, ...change(job, event.view) };
  }
  return after ?? jobs;
}

function change(job: JobView, { event, at, data }: EventView): Partial<JobView> {
  switch (event) {
    case "job.released":
      // Of a paused queue it stays held: the event does not say.
      return {
        status: "pending",
        phase: job.phase === "held" ? "held" : "ready",
        priority: number(data, "priority", job.priority),
      };
    case "job.started":
      return {
        status: "processing",
        phase: "running",
        attempt: number(data, "attempt", job.attempt + 1),
        started_at: at,
        finished_at: null,
        progress: null,
        error: null,
      };
    case "job.progressed":
      return { progress: { percent: number(data, "percent", 0), message: String(data["message"] ?? "") } };
    case "job.succeeded":
      return { status: "completed", phase: "completed", finished_at: at, progress: null };
    case "job.failed":
      return { status: "pending", phase: "retrying", progress: null, error: errorOf(data) ?? job.error };
    case "job.lost":
    case "job.returned":
      return { status: "pending", phase: "retrying", progress: null };
    case "job.retry_scheduled":
      return { status: "pending", phase: "retrying", due_at: timeOf(data, "due_ms") };
    case "job.dead_lettered":
      return { status: "failed", phase: "dead", finished_at: at, error: errorOf(data) ?? job.error };
    case "job.cancel_requested":
      return job.status === "processing" ? { phase: "cancelling" } : {};
    case "job.cancelled":
      return { status: "cancelled", phase: "cancelled", finished_at: at, progress: null };
    case "job.reprioritised":
      return { priority: number(data, "priority", job.priority) };
    case "job.redriven":
      return {
        status: "pending",
        phase: "ready",
        generation: job.generation + 1,
        finished_at: null,
        error: null,
      };
    default:
      return {};
  }
}

function number(data: Data, name: string, otherwise: number): number {
  const value = data[name];
  return typeof value === "number" ? value : otherwise;
}

function timeOf(data: Data, name: string): string | null {
  const value = data[name];
  return typeof value === "number" && value > 0 ? new Date(value).toISOString() : null;
}

function errorOf(data: Data): ErrorView | null {
  const error = data["error"];
  if (typeof error !== "object" || error === null || !("type" in error)) return null;
  return {
    message: "",
    traceback: "",
    fingerprint: "",
    ...(error as Partial<ErrorView>),
    type: String(error.type),
  };
}
