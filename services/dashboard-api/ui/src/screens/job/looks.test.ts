import { describe, expect, it } from "vitest";
import type { Bar, Lane } from "./timeline";
import { lookOf } from "./timeline-looks";
import { traceUrl } from "./trace";

const lane = (outcome: Lane["outcome"]): Lane => ({ attempt: 1, worker: "w", outcome, bars: [] });
const bar = (kind: Bar["kind"], to: number | null): Bar => ({ kind, from: 0, to });

describe("how a bar looks", () => {
  it("is the reason of a wait in line that lasts", () => {
    expect(lookOf(bar("queued", null), lane(""), "queue_paused")).toBe("paused");
    expect(lookOf(bar("queued", null), lane(""), "circuit_open")).toBe("circuit");
    expect(lookOf(bar("queued", null), lane(""), "no_worker_for_type")).toBe("unserved");
    expect(lookOf(bar("queued", null), lane(""), "waiting_for_worker")).toBe("queued");
    expect(lookOf(bar("queued", 5), lane("running"), "queue_paused")).toBe("queued");
    expect(lookOf(bar("blocked", null), lane(""), "waiting_for_dependency")).toBe("blocked");
  });

  it("is the outcome of an attempt", () => {
    expect(lookOf(bar("running", 5), lane("lost"), undefined)).toBe("lost");
    expect(lookOf(bar("running", null), lane("running"), "running")).toBe("running");
  });
});

describe("the address of a trace", () => {
  it("is what somebody said, with the trace in it", () => {
    expect(traceUrl("https://tempo.example/t/{trace_id}?x={trace_id}", "ab")).toBe(
      "https://tempo.example/t/ab?x=ab",
    );
  });

  it("is none where nobody said, or where it is no web address", () => {
    expect(traceUrl("", "ab")).toBeNull();
    expect(traceUrl("https://tempo.example/", "ab")).toBeNull();
    expect(traceUrl("javascript:alert('{trace_id}')", "ab")).toBeNull();
    expect(traceUrl("https://tempo.example/{trace_id}", "")).toBeNull();
  });
});
