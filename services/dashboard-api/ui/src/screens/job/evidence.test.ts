import { describe, expect, it } from "vitest";
import { death, losses, lossKey, says } from "./evidence";

const event = (name: string, data: Record<string, unknown>) => ({
  offset: "1-0/0",
  event: name,
  at: "2026-01-01T00:00:00Z",
  data,
});

describe("what is known of lost attempts", () => {
  it("says how the worker died", () => {
    expect(death({ signal: 9, out_of_memory: true, rss_bytes: 3 << 29, pid: 7, host: "web-1" })).toBe(
      "ended by SIGKILL, out of memory, 1.5 GiB at its last heartbeat, pid 7 on web-1",
    );
    expect(death({ signal: 0, exit_code: 3 })).toBe("ended with exit code 3");
    expect(death({ signal: 64 })).toBe("ended by signal 64");
    expect(death({})).toBe("");
  });

  it("belongs to the attempt and its worker", () => {
    const found = losses([
      event("job.lost", { attempt: 2, worker: "w-1", reason: "no heartbeat", evidence: { log: "oh" } }),
      event("job.lost", { attempt: 3, worker: "w-2", running: false, evidence: null }),
    ]);
    expect(found.get(lossKey(2, "w-1"))).toMatchObject({ reason: "no heartbeat", running: true, log: "oh" });
    expect(found.get(lossKey(3, "w-2"))).toMatchObject({ running: false, words: "", outOfMemory: false });
    expect(found.has(lossKey(1, "w-1"))).toBe(false);
  });
});

describe("what an event says", () => {
  it("is in a few words, and never fails", () => {
    expect(says(event("job.started", { attempt: 1, worker: "w" }))).toBe("attempt 1 on w");
    expect(says(event("job.failed", { error: { type: "E", message: "m" } }))).toBe("E: m");
    expect(says(event("job.succeeded", { run_us: 1_500 }))).toBe("ran 1.5 ms");
    expect(
      says(event("job.retry_scheduled", { attempt: 2, due_ms: Date.parse("2026-01-01T00:00:05Z") })),
    ).toBe("attempt 2 in 5 s");
    expect(says(event("job.dead_lettered", { reason: "poison", error: null }))).toBe("poison");
    expect(says(event("job.levitated", {}))).toBe("");
  });
});
