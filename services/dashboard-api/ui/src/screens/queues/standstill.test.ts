import { expect, test } from "vitest";
import type { QueueView } from "~/api/types";
import { standstill } from "./standstill";

const queue = (some: Partial<QueueView>): QueueView => ({
  name: "q",
  paused: false,
  depth: 3,
  by_priority: { "10": 3 },
  pending: 3,
  processing: 0,
  oldest_wait_ms: 1,
  rate_in_per_s: 0,
  rate_out_per_s: 0,
  eta_ms: null,
  held_back: [],
  ...some,
});
const held = (
  type: string,
  jobs: number,
  reason: "circuit_open" | "no_worker_for_type" = "circuit_open",
) => ({
  type,
  reason,
  jobs,
});

test("a queue that is empty, or goes on, is not at a standstill", () => {
  expect(standstill(queue({ depth: 0 }))).toBeNull();
  expect(standstill(queue({ eta_ms: 2_000 }))).toBeNull();
  expect(standstill(queue({ eta_ms: 2_000, held_back: [held("a", 2)] }))).toBeNull();
});

test("what holds back every job in line is said, even where some started in the last minute", () => {
  expect(standstill(queue({ eta_ms: 9e6, held_back: [held("a", 3)] }))?.short).toBe("breaker open");
  expect(standstill(queue({ held_back: [held("a", 3, "no_worker_for_type")] }))?.short).toBe("no worker");
  const both = standstill(queue({ held_back: [held("a", 2), held("b", 1, "no_worker_for_type")] }));
  expect(both?.short).toBe("held back");
  expect(both?.words).toBe(
    "2 jobs of a wait: its circuit breaker is not closed. 1 job of b waits: no worker of this queue knows the type.",
  );
});

test("a pause comes before everything else, and busy workers before nothing at all", () => {
  expect(standstill(queue({ paused: true, held_back: [held("a", 3)] }))?.short).toBe("paused");
  expect(standstill(queue({ processing: 1 }))?.short).toBe("workers busy");
  expect(standstill(queue({}))?.short).toBe("not moving");
});
