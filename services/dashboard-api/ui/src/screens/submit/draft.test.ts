import { expect, test } from "vitest";
import { EMPTY, read } from "./draft";

test("only what was filled in is said", () => {
  expect(read({ ...EMPTY, type: "synthetic" }).job).toEqual({ type: "synthetic", payload: {} });
  expect(
    read({
      ...EMPTY,
      type: "image.thumbnail",
      queue: "images",
      priority: "high",
      payload: '{"n": 1}',
      delay: "1m30s",
      timeout: "2h",
      maxAttempts: "5",
      tags: ["customer=a=b"],
      dependsOn: ["06ce3q00000000000000000000".slice(0, 24)],
      runAnyway: true,
    }).job,
  ).toEqual({
    type: "image.thumbnail",
    queue: "images",
    priority: 15,
    payload: { n: 1 },
    delay_ms: 90_000,
    timeout_ms: 7_200_000,
    max_attempts: 5,
    tags: { customer: "a=b" },
    depends_on: ["06ce3q000000000000000000"],
    on_dependency_failure: "run",
  });
});

test("every field says what is wrong with it, and then there is no job", () => {
  const { job, problems } = read({
    ...EMPTY,
    type: "<img>",
    queue: "a b",
    priority: "21",
    payload: '{"n": }',
    delay: "soon",
    timeout: "25h",
    maxAttempts: "0",
    tags: ["no value"],
    dependsOn: ["x"],
    key: "ключ",
  });
  expect(job).toBeNull();
  expect(Object.keys(problems).toSorted()).toEqual(
    [
      "type",
      "queue",
      "priority",
      "payload",
      "delay",
      "timeout",
      "maxAttempts",
      "tags",
      "dependsOn",
      "key",
    ].toSorted(),
  );
});
