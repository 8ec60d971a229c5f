import { describe, expect, it } from "vitest";
import { fieldsOf } from "./fields";
import { memberOf, missingOf, saidBy, withMember } from "./values";
import { kindInWords, placeholderOf } from "./words";

const SCHEMA = {
  $ref: "#/$defs/payload",
  $defs: {
    payload: {
      type: "object",
      properties: {
        path: { type: "string", description: "where it is", examples: ["cat.jpg"] },
        width: { type: "integer", minimum: 1, maximum: 4096, default: 256 },
        format: { anyOf: [{ $ref: "#/$defs/Format" }, { type: "null" }], default: null },
        sizes: { type: "array", items: { type: "integer", minimum: 1 }, default: [128, 256] },
        formats: { type: "array", items: { $ref: "#/$defs/Format" } },
        to: { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] },
        body: { type: "string", format: "multiline" },
        loud: { type: "boolean" },
        level: { enum: [1, 2, 3] },
        columns: {
          type: "object",
          additionalProperties: { type: "array", items: { enum: ["mean", "max"] } },
        },
        box: {
          type: "object",
          properties: { left: { type: "number" }, right: { type: "number" } },
          required: ["left"],
        },
        boxes: { type: "array", items: { type: "object", properties: { left: { type: "number" } } } },
        either: { anyOf: [{ type: "string" }, { type: "integer" }] },
        anything: {},
      },
      required: ["path"],
    },
    Format: { enum: ["webp", "jpeg"] },
    Node: { type: "object", properties: { next: { $ref: "#/$defs/Node" } } },
  },
};

describe("the fields of a schema", () => {
  const fields = fieldsOf(SCHEMA) ?? [];
  const named = (name: string) => fields.find((one) => one.name === name);

  it("are of their kinds", () => {
    expect(fields.map(({ name, kind }) => [name, kind])).toEqual([
      ["path", "text"],
      ["width", "integer"],
      ["format", "choice"],
      ["sizes", "numbers"],
      ["formats", "choices"],
      ["to", "texts"],
      ["body", "lines"],
      ["loud", "yes-no"],
      ["level", "choice"],
      ["columns", "map"],
      ["box", "object"],
      ["boxes", "list"],
      ["either", "json"],
      ["anything", "json"],
    ]);
  });

  it("say what must be given, what is otherwise, and what they are about", () => {
    expect(fields.filter(({ required }) => required).map(({ name }) => name)).toEqual(["path"]);
    expect(named("path")?.about).toBe("where it is");
    expect(named("width")).toMatchObject({ least: 1, most: 4096, otherwise: 256 });
    expect(named("format")?.choices).toEqual([
      { label: "webp", value: "webp" },
      { label: "jpeg", value: "jpeg" },
    ]);
    expect(named("to")?.alone).toBe(true);
    expect(named("box")?.fields?.map(({ name, required }) => [name, required])).toEqual([
      ["left", true],
      ["right", false],
    ]);
  });

  it("are said in words", () => {
    const words = (name: string) => fields.filter((one) => one.name === name).map(kindInWords)[0];
    expect(words("width")).toBe("whole number, 1 to 4,096");
    expect(words("format")).toBe("one of webp, jpeg");
    expect(words("boxes")).toBe("list of objects");
    const path = named("path");
    const sizes = named("sizes");
    expect(path && placeholderOf(path)).toBe("for instance cat.jpg");
    expect(sizes && placeholderOf(sizes)).toBe("128, 256");
  });
});

it("what is no object's schema has no fields, and one that leads to itself ends", () => {
  expect(fieldsOf(undefined)).toBeNull();
  expect(fieldsOf([1])).toBeNull();
  expect(fieldsOf({ type: "string" })).toBeNull();
  expect(fieldsOf({ $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/a" } } })).toBeNull();
  const node = fieldsOf({ $ref: "#/$defs/Node", $defs: SCHEMA.$defs });
  expect(node?.[0]?.fields?.[0]?.fields?.[0]?.fields?.[0]?.kind).toBe("json");
  expect(fieldsOf({ properties: { a: { anyOf: [{ $ref: "#/properties/a" }] }, b: 7 } })).toHaveLength(2);
});

it("members are set where they stand, and taken away", () => {
  expect(withMember({ a: 1, b: 2 }, "a", 3)).toEqual({ a: 3, b: 2 });
  expect(Object.keys(withMember({ a: 1, b: 2 }, "c", 3))).toEqual(["a", "b", "c"]);
  expect(withMember({ a: 1, b: 2 }, "a", undefined)).toEqual({ b: 2 });
  expect([memberOf({ a: 1 }, "a"), memberOf({}, "constructor"), memberOf({}, "__proto__")]).toEqual([
    1,
    undefined,
    undefined,
  ]);
});

it("lines say an object: those with a name, each once", () => {
  const lines = [
    { id: 1, name: "a", value: [1] },
    { id: 2, name: "", value: [2] },
    { id: 3, name: "a", value: [3] },
    { id: 4, name: "b", value: undefined },
  ];
  expect(saidBy(lines)).toEqual({ a: [1], b: null });
});

it("what must be given and is not has a name; null, nothing and no are given", () => {
  const fields = ["a", "b", "c", "constructor"].map((name) => ({ name, required: name !== "c" }));
  expect(missingOf(fields, {})).toEqual(["a", "b", "constructor"]);
  expect(missingOf(fields, { a: null, b: false, constructor: 0 })).toEqual([]);
});
