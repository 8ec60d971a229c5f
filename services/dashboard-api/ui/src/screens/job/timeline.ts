/**
 * The life of a job as bars: what it waited for and who ran it, made from its history. Pure.
 *
 * A run is a generation; a lane of it is what led to an attempt and the attempt. Nothing in a history makes it fail: events that
 * do not fit, or that it does not know, change nothing.
 */

import type { EventView } from "~/api/types";
import { ms } from "~/format";

export type Kind = "blocked" | "scheduled" | "queued" | "backoff" | "running";
export type Outcome = "" | "running" | "succeeded" | "failed" | "lost" | "returned" | "cancelled";

export interface Bar {
  kind: Kind;
  from: number;
  /** Null while it lasts. */
  to: number | null;
}

export interface Lane {
  /** 0 where it never came to an attempt. */
  attempt: number;
  worker: string;
  outcome: Outcome;
  bars: Bar[];
}

/** Something that happened at a moment and takes no time. */
export interface Mark {
  at: number;
  what: "cancel_requested" | "reprioritised" | "dead_lettered" | "cancelled" | "due";
  words: string;
}

export interface Run {
  generation: number;
  from: number;
  /** Null while it lasts. */
  to: number | null;
  lanes: Lane[];
  marks: Mark[];
}

type Data = EventView["data"];

/** Returns the runs of a job, the first first. */
export function timeline(history: readonly EventView[]): Run[] {
  const life = new Life();
  for (const { event, at, data } of history) {
    const moment = ms(at);
    if (moment !== null) life.take(event, moment, data);
  }
  return life.runs;
}

class Life {
  readonly runs: Run[] = [];
  /** Whether the last attempt has ended and nobody has said yet what follows. */
  #undecided = false;

  take(event: string, at: number, data: Data): void {
    switch (event) {
      case "job.submitted":
        this.#begin(1, at);
        this.#open(list(data, "depends_on") ? "blocked" : this.#untilDue(at, data), at);
        break;
      case "job.redriven":
        this.#begin(number(data, "generation") || this.runs.length + 1, at);
        this.#open(this.#untilDue(at, data), at);
        break;
      case "job.blocked":
        this.#wait(list(data, "on") ? "blocked" : "scheduled", at);
        break;
      case "job.released":
        this.#undecided = false;
        this.#wait("queued", at);
        break;
      case "job.started":
        this.#start(at, data);
        break;
      case "job.succeeded":
        this.#outcome("succeeded", at);
        this.#finish(at);
        break;
      case "job.failed":
        this.#outcome("failed", at);
        this.#next("backoff", at, true);
        break;
      case "job.lost":
        this.#outcome("lost", at);
        this.#next("backoff", at, true);
        break;
      case "job.returned":
        this.#outcome("returned", at);
        this.#next("queued", at, data["back"] !== true);
        break;
      case "job.retry_scheduled":
        this.#undecided = false;
        this.#mark(at, "due", number(data, "due_ms"));
        break;
      case "job.dead_lettered":
        this.#finish(at);
        this.#say(at, "dead_lettered", `failed for good: ${String(data["reason"] ?? "")}`);
        break;
      case "job.cancelled":
        if (this.#bar?.kind === "running") this.#outcome("cancelled", at);
        this.#finish(at);
        this.#say(at, "cancelled", `cancelled: ${String(data["reason"] ?? "")}`);
        break;
      case "job.cancel_requested":
        this.#say(at, "cancel_requested", "somebody asked to cancel it");
        break;
      case "job.reprioritised":
        this.#say(at, "reprioritised", `priority set to ${number(data, "priority")}`);
        break;
    }
  }

  get #run(): Run | undefined {
    return this.runs.at(-1);
  }

  get #lane(): Lane | undefined {
    return this.#run?.lanes.at(-1);
  }

  /** The bar that lasts. */
  get #bar(): Bar | undefined {
    const bar = this.#lane?.bars.at(-1);
    return bar?.to === null ? bar : undefined;
  }

  #begin(generation: number, at: number): void {
    if (this.#run && this.#run.to === null) this.#finish(at);
    this.#undecided = false;
    this.runs.push({ generation, from: at, to: null, lanes: [lane()], marks: [] });
  }

  /** The earliest start, where it is to come; the kind of wait until then. */
  #untilDue(at: number, data: Data): Kind {
    const due = number(data, "due_ms");
    this.#mark(at, "due", due);
    return due > at ? "scheduled" : "queued";
  }

  #open(kind: Kind, at: number): void {
    if (this.#run === undefined) this.#begin(1, at);
    this.#close(at);
    this.#lane?.bars.push({ kind, from: at, to: null });
  }

  #close(at: number): void {
    const bar = this.#bar;
    if (bar === undefined) return;
    bar.to = Math.max(bar.from, at);
    if (bar.to === bar.from && bar.kind !== "running") this.#lane?.bars.pop();
  }

  #wait(kind: Kind, at: number): void {
    if (this.#run?.to != null || this.#bar?.kind === "running") return;
    if (this.#bar?.kind !== kind) this.#open(kind, at);
  }

  #start(at: number, data: Data): void {
    if (this.#run?.to != null) return;
    this.#undecided = false;
    this.#open("running", at);
    const begun = this.#lane;
    if (begun === undefined) return;
    begun.attempt = number(data, "attempt");
    begun.worker = String(data["worker"] ?? "");
    begun.outcome = "running";
  }

  #outcome(outcome: Outcome, at: number): void {
    if (this.#lane?.outcome !== "running") return;
    this.#close(at);
    this.#lane.outcome = outcome;
  }

  #next(kind: Kind, at: number, undecided: boolean): void {
    if (this.#run === undefined || this.#run.to !== null) return;
    this.#close(at);
    this.#run.lanes.push(lane());
    this.#open(kind, at);
    this.#undecided = undecided;
  }

  #finish(at: number): void {
    const run = this.#run;
    if (run === undefined || run.to !== null) return;
    this.#close(at);
    run.to = at;
    const last = run.lanes.at(-1);
    if (last && last.outcome === "" && (this.#undecided || last.bars.length === 0)) run.lanes.pop();
    this.#undecided = false;
  }

  #say(at: number, what: Mark["what"], words: string): void {
    this.#run?.marks.push({ at, what, words });
  }

  #mark(at: number, what: Mark["what"], due: number): void {
    if (due > at) this.#run?.marks.push({ at: due, what, words: "the earliest start" });
  }
}

function lane(): Lane {
  return { attempt: 0, worker: "", outcome: "", bars: [] };
}

function number(data: Data, name: string): number {
  const value = data[name];
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

/** Whether a field is a list with something in it. */
function list(data: Data, name: string): boolean {
  const value = data[name];
  return Array.isArray(value) && value.length > 0;
}
