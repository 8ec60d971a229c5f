import { describe, expect, it } from "vitest";
import type { Bulk, Selection } from "~/api/types";
import { asked } from "~/search/parameters";
import { described, meantJobs, orderOf, selectionOf, sharesOf } from "./orders";
import { isOver, progressOf, type Sample, sampled } from "./pace";

const EMPTY = { priority: 10, limit: "", rate: "", stop: "" };
const filter = { type: ["image*"] } as unknown as Selection;

describe("an order", () => {
  it("says of a search what narrows it, and nothing of order and pages", () => {
    const { parameters } = asked("status:failed payload.user.id:42 boom", { types: [], queues: [] });
    expect(selectionOf({ ...parameters, sort: "-duration", limit: 100 })).toEqual({
      status: ["failed"],
      payload: ["user.id:42"],
      q: "boom",
    });
    expect(selectionOf({})).toEqual({});
  });

  it("asks for nothing that was left empty, or is not for its action", () => {
    expect(orderOf("cancel", { filter }, { ...EMPTY, stop: 3 })).toEqual({ action: "cancel", filter });
    expect(orderOf("retry", { ids: ["a"] }, { priority: 3, limit: 10.7, rate: "2.5", stop: 3 })).toEqual({
      action: "retry",
      ids: ["a"],
      limit: 10,
      rate_per_s: 2.5,
      stop_on_failures: 3,
    });
    expect(orderOf("reprioritise", { filter }, { ...EMPTY, priority: 0 })).toEqual({
      action: "reprioritise",
      filter,
      priority: 0,
    });
  });

  it("tells beforehand what will be refused, and what nobody knows", () => {
    const shares = sharesOf("cancel", 10, { pending: 4, completed: 3, processing: 1 });
    expect(shares.map(({ status, jobs, taken }) => [status, jobs, taken])).toEqual([
      ["pending", 4, true],
      ["processing", 1, true],
      ["completed", 3, false],
      ["unknown", 2, false],
    ]);
    expect(sharesOf("retry", 3, { failed: 1, cancelled: 1, completed: 1 }).map(({ taken }) => taken)).toEqual(
      [true, true, false],
    );
    expect(sharesOf("reprioritise", 0, {})).toEqual([]);
  });

  it("is about no more than its limit", () => {
    expect(meantJobs(10, "")).toBe(10);
    expect(meantJobs(10, 3.9)).toBe(3);
    expect(meantJobs(10, 50)).toBe(10);
    expect(meantJobs(2_500_000, "")).toBe(1_000_000);
  });

  it("is described by what narrows it", () => {
    expect(described({ named: 2 })).toBe("2 jobs by name");
    expect(described({ filter: { q: "" } as Selection, named: 0 })).toBe("all jobs");
    expect(
      described({ filter: { ...filter, priority_min: 3, submitted_before: "x", q: "" }, named: 0 }),
    ).toBe("type image* · priority min 3");
  });
});

describe("the pace", () => {
  const bulk = (change: Partial<Bulk>) =>
    ({ state: "running", matched: 100, done: 0, left: 100, refused: {}, ...change }) as Bulk;

  it("is that of late, and tells how long the rest will take", () => {
    let samples: Sample[] = [];
    for (let at = 0; at <= 60_000; at += 1_000)
      samples = sampled(samples, { at, through: at < 30_000 ? 0 : (at - 30_000) / 1_000 });
    expect(samples.length).toBeLessThan(20);
    const now = progressOf(bulk({ done: 20, refused: { ended: 10 }, left: 70 }), samples);
    expect(now.rate).toBeCloseTo(1);
    expect(now.leftMs).toBeCloseTo(70_000, -3);
    expect([now.through, now.refused]).toEqual([30, 10]);
  });

  it("is not known at first, nor while nothing moves", () => {
    expect(progressOf(bulk({}), [{ at: 0, through: 0 }])).toMatchObject({ rate: null, leftMs: null });
    const still = sampled([{ at: 0, through: 5 }], { at: 2_000, through: 5 });
    expect(progressOf(bulk({}), still)).toMatchObject({ rate: 0, leftMs: null });
  });

  it("is that of the whole when it is over", () => {
    const over = bulk({
      state: "done",
      done: 100,
      left: 0,
      created_at: "2026-11-22T12:00:00Z",
      ended_at: "2026-11-22T12:00:10Z",
    });
    expect(isOver(over)).toBe(true);
    expect(progressOf(over, [])).toMatchObject({ rate: 10, leftMs: null });
  });
});
