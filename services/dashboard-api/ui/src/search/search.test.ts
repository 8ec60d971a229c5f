import { describe, expect, it } from "vitest";
import { complete, taken } from "./completion";
import { asked, needsNames } from "./parameters";
import { pathsOf } from "./payload-paths";
import { terms, valuesOf, withValues, written } from "./terms";

const NAMES = { types: ["image.resize", "image.crop", "mail"], queues: ["default", "images"] };
const ask = (text: string) => asked(text, NAMES);

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
      expect(valuesOf(written("payload", `user.name:${value}`), "payload")).toEqual([`user.name:${value}`]);
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
    expect(ask("type:*age.*").parameters.type).toEqual(["image.resize", "image.crop"]);
    expect(ask("type:*.crop").parameters.type).toEqual(["image.crop"]);
    expect(ask("type:*nothing*").parameters.type).toEqual(["*nothing*"]);
    expect(ask("queue:i*s").parameters.queue).toEqual(["images"]);
  });

  it("leave a star at the end to the API, which knows every name", () => {
    expect(ask("type:image* queue:imag.*").parameters).toMatchObject({ type: ["image*"], queue: ["imag.*"] });
    expect(needsNames("type:image* boom")).toBe(false);
    expect(needsNames("type:*crop")).toBe(true);
  });

  it("compare priorities and ages", () => {
    expect(ask("priority:>=high").parameters).toMatchObject({ priority_min: 15, priority_max: undefined });
    expect(ask("priority:<low").parameters).toMatchObject({ priority_min: undefined, priority_max: 4 });
    expect(ask("priority:7").parameters).toMatchObject({ priority_min: 7, priority_max: 7 });
  });

  it("leave the time from which an age is counted to the server", () => {
    expect(ask("age:>1h age:<1.5d").parameters.age).toEqual([">3600s", "<129600s"]);
    expect(ask("age:>=2w age:10ms").parameters.age).toEqual([">20160m", ">1s"]);
    expect(ask("age:<9999d").parameters.age).toEqual(["<239976h"]);
  });

  it("write a tag as the API reads it", () => {
    expect(ask("tag:customer=a:b").parameters.tag).toEqual(["customer:a:b"]);
    expect(ask('tag:"customer=a b"').parameters.tag).toEqual(["customer:a b"]);
  });

  it("look into payloads, where values may have spaces and quotes", () => {
    expect(ask("payload.user.id:42 payload.Name:A*").parameters.payload).toEqual(["user.id:42", "Name:A*"]);
    expect(ask('payload.path:"a \\"b\\" c"').parameters.payload).toEqual(['path:a "b" c']);
    expect(ask("payload:user.id:42").parameters.payload).toEqual(["user.id:42"]);
    expect(ask("payload:42 payload:a..b:1").problems).toHaveLength(2);
  });

  it("tell an error's fingerprint from its words", () => {
    expect(ask("error:00c0ffee00c0ffee").parameters).toMatchObject({
      error_fingerprint: ["00c0ffee00c0ffee"],
      error: "",
    });
    expect(ask('error:"no such file"').parameters).toMatchObject({
      error_fingerprint: [],
      error: "no such file",
    });
  });

  it("take a worker as it is", () => {
    expect(ask("worker:w-3f9k2m1q8z").parameters.worker).toEqual(["w-3f9k2m1q8z"]);
  });

  it("leave out what cannot be meant, and say so", () => {
    const { parameters, problems } = ask("status:fine priority:99 age:old tag:x phase: ok");
    expect(problems).toHaveLength(5);
    expect(parameters).toMatchObject({ status: [], q: "ok" });
  });
});

describe("completion", () => {
  const vocabulary = {
    types: NAMES.types,
    queues: NAMES.queues,
    workers: ["w-3f9k2m1q8z"],
    tags: ["customer=acme"],
    errors: [["00c0ffee00c0ffee", "ValueError: no header"]] as const,
    payloads: pathsOf([{ user: { id: 42, name: "Ada L" }, "a b": 1, lines: [{ sku: "x" }, { sku: "y" }] }]),
  };
  const labels = (text: string) =>
    complete(text, text.length, vocabulary).suggestions.map(({ label }) => label);

  it("knows every name there is to ask for", () => {
    expect(labels("w")).toEqual(["worker:"]);
    expect(labels("worker:")).toEqual(["w-3f9k2m1q8z"]);
    expect(labels("tag:cust")).toEqual(["customer=acme"]);
    expect(labels("age:>")).toEqual([">1h", ">1d"]);
    expect(labels("error:header")).toEqual(["00c0ffee00c0ffee"]);
  });

  it("goes into payloads: paths, then values", () => {
    expect(labels("pay")).toEqual(["payload."]);
    expect(labels("payload.")).toEqual(["payload.user.id:", "payload.user.name:", "payload.lines.sku:"]);
    expect(labels("payload.lines.sku:")).toEqual(["x", "y"]);
    const name = complete("payload.user.name:A", 19, vocabulary);
    expect(name.suggestions[0] && taken("payload.user.name:A", name, name.suggestions[0])).toEqual([
      'payload.user.name:"Ada L" ',
      26,
    ]);
  });

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
