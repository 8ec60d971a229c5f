import { expect, test } from "vitest";
import { EMPTY } from "./draft";
import { forget, keep, kept } from "./templates";

function store(): Storage {
  const values = new Map<string, string>();
  return {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
  } as Storage;
}

test("templates are kept, the latest first, one of a name, and forgotten", () => {
  const mine = store();
  keep(mine, { name: "a", draft: { ...EMPTY, type: "old" } });
  keep(mine, { name: "b", draft: EMPTY });
  keep(mine, { name: "a", draft: { ...EMPTY, type: "new", tags: ["x=1"] } });
  expect(kept(mine).map(({ name, draft }) => [name, draft.type])).toEqual([
    ["a", "new"],
    ["b", ""],
  ]);
  expect(kept(mine)[0]?.draft.tags).toEqual(["x=1"]);
  expect(forget(mine, "a").map(({ name }) => name)).toEqual(["b"]);
});

test("what is not a template is left out, and what is missing of one is empty", () => {
  const mine = store();
  mine.setItem(
    "journeyman.templates",
    '[1, null, {"name": "a"}, {"name": "b", "draft": {"type": "t", "tags": 5}}]',
  );
  expect(kept(mine)).toEqual([{ name: "b", draft: { ...EMPTY, type: "t" } }]);
  mine.setItem("journeyman.templates", "{");
  expect(kept(mine)).toEqual([]);
});
