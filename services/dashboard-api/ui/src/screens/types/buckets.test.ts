import { describe, expect, it } from "vitest";
import { bucketsOf } from "./buckets";

describe("the buckets of durations", () => {
  it("are 1, 2, 5, 10 wide, from the shortest to the longest", () => {
    expect(bucketsOf([3, 4.9, 5, 12, 12])).toEqual([
      { from: 2, to: 5, count: 2 },
      { from: 5, to: 10, count: 1 },
      { from: 10, to: 20, count: 2 },
    ]);
    expect(bucketsOf([0, 0.4, -1])).toEqual([{ from: 0, to: 1, count: 3 }]);
    expect(bucketsOf([1, 100]).map(({ count }) => count)).toEqual([1, 0, 0, 0, 0, 0, 1]);
    expect(bucketsOf([])).toEqual([]);
  });

  it("are few, whatever is counted", () => {
    expect(bucketsOf([0, 366 * 86_400_000]).length).toBeLessThan(40);
  });
});
