import { describe, expect, it } from "vitest";
import { entriesOf, hasRounded, levelsOpen, opens, quoted, seen, shortened, summary } from "./json";

describe("JSON as it is read", () => {
  it("opens what has something inside", () => {
    expect([{}, [], null, 0, "", "text", [0], { a: 1 }].map(opens)).toEqual([
      ...[false, false, false, false, false, false],
      ...[true, true],
    ]);
    expect([summary({}), summary([]), summary([1]), summary({ a: 1, b: 2 })]).toEqual([
      "{}",
      "[]",
      "[ 1 item ]",
      "{ 2 keys }",
    ]);
    expect(entriesOf([7, 8, 9], 2)).toEqual([
      [0, 7],
      [1, 8],
    ]);
    expect(entriesOf(JSON.parse('{"__proto__": 1}'), 5)).toEqual([["__proto__", 1]]);
  });

  it("shows what cannot be seen, and what turns the writing, by its number", () => {
    expect(quoted("a\u0000\n\u202eb\u200b\ufeff\u2028")).toBe('"a\\u0000\\n\\u202eb\\u200b\\ufeff\\u2028"');
    expect(quoted("שלום 🚀 é")).toBe('"שלום 🚀 é"');
    expect(quoted('"\\')).toBe('"\\"\\\\"');
  });

  it("keeps the lines of other text", () => {
    expect(seen("a\n\tb\u0000\u001b[31m\u202egnp.exe")).toBe("a\n\tb\\u0000\\u001b[31m\\u202egnp.exe");
  });

  it("shortens long texts and says by how much", () => {
    expect(shortened("abc", 3)).toEqual({ shown: '"abc"', rest: 0 });
    expect(shortened("abcdef", 4)).toEqual({ shown: '"abcd…', rest: 2 });
  });

  it("knows numbers that were rounded, however deep", () => {
    expect(hasRounded({ a: [1, 2.5, 9007199254740991, 1.5e300 % 1] })).toBe(false);
    expect(hasRounded({ a: [{ b: JSON.parse("9007199254740993") }] })).toBe(true);
  });

  it("opens as many levels as fit", () => {
    expect(levelsOpen({ a: { b: { c: 1 } } })).toBe(3);
    expect(levelsOpen({ a: Array.from({ length: 100 }, () => 1) })).toBe(1);
    expect(levelsOpen("text")).toBeGreaterThan(0);
    let deep: unknown = 1;
    for (let level = 0; level < 2_000; level += 1) deep = [deep];
    expect(levelsOpen(deep)).toBe(6);
    expect(hasRounded(deep)).toBe(false);
  });
});
