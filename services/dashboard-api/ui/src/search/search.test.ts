import { describe, expect, it } from "vitest";
import { complete, taken } from "./completion";
import { asked } from "./parameters";
import { terms, valuesOf, withValues, written } from "./terms";

const NAMES = { types: ["image.resize", "image.crop", "mail"], queues: ["default", "images"] };
const NOW = Date.UTC(2026, 10, 22, 12);
const ask = (text: string) => asked(text, NAMES, NOW);

describe("terms", () => {
  it("tells qualifiers from words, and where each stands", () => {
    expect(terms("status:failed  boom")).toEqual([
      { kind: "status", value: "failed", start: 0, end: 13 },
      { kind: null, value: "boom", start: 15, end: 19 },
    ]);
  });

  it("keeps what is quoted together", () => {
    expect(terms('type:"a b" "x:\\"y"').map(({ kind, value }) => [kind, value])).toEqual([
      ["type", "a b"],
      [null, 'x:"y'],
    ]);
  });

  it("takes a name nobody knows for a word, and any text at all", () => {
    expect(terms("http://x").map(({ kind }) => kind)).toEqual([null]);
    for (const text of ['"', ":", "::", '"""', 'a"b"c', "<script>", "\\", "status:"]) {
      expect(terms(text).every(({ start, end }) => start < end)).toBe(true);
    }
  });

  it("reads back what it writes", () => {
    for (const value of ["a", "a b", 'say "hi"', "back\\slash", "type:x", "ü ☃"]) {
      expect(terms(written(null, value)).map(({ kind, value: v }) => [kind, v])).toEqual([[null, value]]);
      expect(valuesOf(written("type", value), "type")).toEqual([value]);
    }
  });

  it("replaces the values of a kind in place", () => {
    expect(withValues("a status:failed b status:pending", "status", ["completed"])).toBe(
      "a status:completed b",
    );
    expect(withValues("a", "queue", ["x y"])).toBe('a queue:"x y"');
    expect(withValues("status:failed a", "status", [])).toBe("a");
  });
});

describe("parameters", () => {
  it("are alternatives within a name, and words together", () => {
    expect(ask("status:failed status:pending boom bang").parameters).toMatchObject({
      status: ["failed", "pending"],
      q: "boom bang",
    });
  });

  it("know what a star stands for", () => {
    expect(ask("type:image*").parameters.type).toEqual(["image.resize", "image.crop"]);
    expect(ask("type:*nothing*").parameters.type).toEqual(["*nothing*"]);
    expect(ask("queue:imag.*").parameters.queue).toEqual(["imag.*"]);
  });

  it("compare priorities and ages", () => {
    expect(ask("priority:>=high").parameters).toMatchObject({ priority_min: 15, priority_max: undefined });
    expect(ask("priority:<low").parameters).toMatchObject({ priority_min: undefined, priority_max: 4 });
    expect(ask("priority:7").parameters).toMatchObject({ priority_min: 7, priority_max: 7 });
    expect(ask("age:>1h").parameters.submitted_before).toBe("2026-11-22T11:00:00.000Z");
    expect(ask("age:<90s").parameters.submitted_after).toBe("2026-11-22T11:58:30.000Z");
  });

  it("write a tag as the API reads it", () => {
    expect(ask("tag:customer=a:b").parameters.tag).toEqual(["customer:a:b"]);
  });

  it("leave out what cannot be meant, and say so", () => {
    const { parameters, problems } = ask("status:fine priority:99 age:old tag:x phase: ok");
    expect(problems).toHaveLength(5);
    expect(parameters).toMatchObject({ status: [], q: "ok" });
  });
});

describe("completion", () => {
  const vocabulary = { types: NAMES.types, queues: NAMES.queues, workers: [], tags: ["customer="] };

  it("offers names, then values, for the term under the caret", () => {
    expect(complete("st", 2, vocabulary).suggestions.map(({ label }) => label)).toEqual(["status:"]);
    expect(complete("type:im x", 7, vocabulary).suggestions.map(({ label }) => label)).toEqual([
      "image.resize",
      "image.crop",
    ]);
    expect(complete("boom ", 5, vocabulary).suggestions.length).toBeGreaterThan(5);
  });

  it("puts what was taken in the place of the term, and the caret behind it", () => {
    const completion = complete("type:im boom", 7, vocabulary);
    const first = completion.suggestions[0];
    expect(first && taken("type:im boom", completion, first)).toEqual(["type:image.resize boom", 18]);
    const name = complete("boom qu", 7, vocabulary);
    expect(name.suggestions[0] && taken("boom qu", name, name.suggestions[0])).toEqual(["boom queue:", 11]);
  });
});
