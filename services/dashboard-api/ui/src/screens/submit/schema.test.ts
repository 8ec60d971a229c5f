import { expect, test } from "vitest";
import { fieldsOf, withMember } from "./schema";

const SCHEMA = {
  $ref: "#/$defs/payload",
  $defs: {
    payload: {
      type: "object",
      properties: {
        path: { type: "string", description: "where it is" },
        width: { type: "integer", minimum: 1, maximum: 4096, default: 256 },
        format: { anyOf: [{ $ref: "#/$defs/Format" }, { type: "null" }], default: null },
        sizes: { type: "array", items: { type: "integer" } },
        loud: { type: "boolean" },
      },
      required: ["path"],
    },
    Format: { enum: ["webp", "jpeg"] },
  },
};

test("each member is a field of its kind", () => {
  const fields = fieldsOf(SCHEMA) ?? [];
  expect(fields.map(({ name, kind, required }) => [name, kind, required])).toEqual([
    ["path", "text", true],
    ["width", "integer", false],
    ["format", "choice", false],
    ["sizes", "json", false],
    ["loud", "yes-no", false],
  ]);
  expect(fields[0]?.about).toBe("where it is");
  expect(fields[1]).toMatchObject({ least: 1, most: 4096, otherwise: "256" });
  expect(fields[2]?.choices).toEqual(["webp", "jpeg"]);
});

test("what is no object's schema has no fields, and one that leads to itself ends", () => {
  expect(fieldsOf(undefined)).toBeNull();
  expect(fieldsOf([1])).toBeNull();
  expect(fieldsOf({ type: "string" })).toBeNull();
  expect(fieldsOf({ $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/a" } } })).toBeNull();
});

test("members are set where they stand, and taken away", () => {
  expect(withMember({ a: 1, b: 2 }, "a", 3)).toEqual({ a: 3, b: 2 });
  expect(Object.keys(withMember({ a: 1, b: 2 }, "c", 3))).toEqual(["a", "b", "c"]);
  expect(withMember({ a: 1, b: 2 }, "a", undefined)).toEqual({ b: 2 });
});
