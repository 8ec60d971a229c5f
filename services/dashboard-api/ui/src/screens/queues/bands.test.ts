import { expect, test } from "vitest";
import { bandsInWords, inBands } from "./bands";

test("every priority is in the band that is named for it or for the next above", () => {
  expect(inBands({ "0": 1, "5": 2, "6": 4, "10": 8, "11": 16, "15": 32, "16": 64, "20": 128 })).toEqual([
    192, 48, 12, 3,
  ]);
  expect(inBands({})).toEqual([0, 0, 0, 0]);
});

test("a bar is also said in words", () => {
  expect(bandsInWords([3, 0, 1200, 0])).toBe("critical 3, normal 1,200");
  expect(bandsInWords([0, 0, 0, 0])).toBe("nothing in line");
});
