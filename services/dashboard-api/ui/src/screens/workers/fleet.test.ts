import { expect, test } from "vitest";
import type { WorkerView } from "~/api/types";
import { isLate, runningOn, sumOf, versionsOf } from "./fleet";

function worker(id: string, more: Partial<WorkerView> = {}): WorkerView {
  return {
    id,
    host: "here",
    pid: 1,
    version: "0.1.0",
    state: "joined",
    reason: "",
    queues: [],
    types: [],
    slots: 4,
    running: [],
    rss_bytes: null,
    cpu_percent: null,
    joined_at: null,
    last_heartbeat_at: null,
    instance: "",
    ...more,
  };
}
const started = (job_id: string, started_at: string) => ({
  job_id,
  attempt: 1,
  type: "t",
  started_at,
  progress: null,
});

test("workers that are gone have no slots", () => {
  const fleet = [
    worker("a", { running: [started("j", "2026-01-01T00:00:00Z")] }),
    worker("b", { state: "lost" }),
  ];
  expect(sumOf(fleet)).toEqual({ workers: 1, slots: 4, busy: 1 });
});

test("what runs longest comes first, and can be of one worker alone", () => {
  const fleet = [
    worker("a", { running: [started("young", "2026-01-01T00:00:09Z")] }),
    worker("b", { running: [started("old", "2026-01-01T00:00:01Z")] }),
  ];
  expect(runningOn(fleet, undefined).map(({ job_id }) => job_id)).toEqual(["old", "young"]);
  expect(runningOn(fleet, "a").map(({ job_id }) => job_id)).toEqual(["young"]);
});

test("a worker is late when it was silent for most of the time after which it is lost", () => {
  const beat = Date.parse("2026-01-01T00:00:00Z");
  const one = worker("a", { last_heartbeat_at: "2026-01-01T00:00:00Z" });
  expect(isLate(one, beat + 7_000, 10_000)).toBe(false);
  expect(isLate(one, beat + 8_000, 10_000)).toBe(true);
  expect(isLate({ ...one, state: "left" }, beat + 60_000, 10_000)).toBe(false);
});

test("versions are those of workers that are there", () => {
  expect(
    versionsOf([
      worker("a"),
      worker("b", { version: "0.2.0" }),
      worker("c", { version: "9", state: "left" }),
    ]),
  ).toEqual(["0.1.0", "0.2.0"]);
});
