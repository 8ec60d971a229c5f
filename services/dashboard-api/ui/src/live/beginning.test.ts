import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { describe, expect, it, vi } from "vitest";
import { reaches, Written } from "~/api/offsets";
import { readAnew } from "./anew";
import { Beginning } from "./beginning";

describe("an offset", () => {
  it("is behind another by time, number and index, not by letters", () => {
    expect(reaches("1732247000123-0/4", "1732247000123-0/4")).toBe(true);
    expect(reaches("1732247000123-10/0", "1732247000123-9/7")).toBe(true);
    expect(reaches("1732247000123-0/4", "1732247000123-0/10")).toBe(false);
    expect(reaches("999-0/0", "1000-0/0")).toBe(false);
  });

  it("is behind another in every partition, or not at all", () => {
    expect(reaches("5-0/0,1:5-0/0", "5-0/0,1:4-9/9")).toBe(true);
    expect(reaches("9-0/0,1:3-0/0", "5-0/0,1:4-0/0")).toBe(false);
    expect(reaches("9-0/0", "5-0/0,1:4-0/0")).toBe(false);
    expect(reaches("9-0/0,1:3-0/0", "5-0/0")).toBe(true);
  });

  it("that is remembered gives way to none before it", () => {
    const written = new Written();
    written.remember("9-0/0,1:3-0/0");
    written.remember("5-0/0,1:4-0/0");
    expect(written.minOffset()).toBe("9-0/0,1:4-0/0");
  });
});

describe("the beginning of the stream", () => {
  const start = () => {
    const onOld = vi.fn<(paths: ReadonlySet<string>, offset: string) => void>();
    return { beginning: new Beginning(onOld), onOld };
  };

  it("makes old what was read before it and does not reach it, and nothing else", () => {
    const { beginning, onOld } = start();
    beginning.answered("/stats", "5-0/0");
    beginning.answered("/jobs", "7-0/0");
    beginning.answered("/queues", "6-0/1");
    beginning.began("7-0/0");
    expect(onOld.mock.calls).toEqual([[new Set(["/stats", "/queues"]), "7-0/0"]]);
  });

  it("asks for nothing where nothing happened", () => {
    const { beginning, onOld } = start();
    beginning.answered("/stats", "5-0/0");
    beginning.began("5-0/0");
    beginning.answered("/jobs", "5-0/0");
    beginning.began("9-0/0");
    beginning.answered("/jobs", "6-0/0");
    expect(onOld).not.toHaveBeenCalled();
  });

  it("makes old an answer that was under way", () => {
    const { beginning, onOld } = start();
    beginning.began("7-0/0");
    beginning.answered("/jobs", "6-0/0");
    beginning.answered("/jobs", "7-0/0");
    expect(onOld.mock.calls).toEqual([[new Set(["/jobs"]), "7-0/0"]]);
  });

  it("counts the earliest answer of a path: others of it are not told apart", () => {
    const { beginning, onOld } = start();
    beginning.answered("/jobs", "5-0/0");
    beginning.answered("/jobs", "7-0/0");
    beginning.began("7-0/0");
    expect(onOld).toHaveBeenCalledTimes(1);
  });
});

describe("reading anew", () => {
  it("reads once more what was being read for the first time", async () => {
    const queries = new QueryClient();
    const answers: ((value: string) => void)[] = [];
    const read = vi.fn(() => new Promise<string>((resolve) => answers.push(resolve)));
    const observer = new QueryObserver<string>(queries, { queryKey: ["stats"], queryFn: read });
    const leave = observer.subscribe(() => {});
    const done = readAnew(queries, { queryKey: ["stats"] });
    answers[0]?.("before");
    await vi.waitFor(() => expect(read).toHaveBeenCalledTimes(2));
    answers[1]?.("after");
    await done;
    expect(queries.getQueryData(["stats"])).toBe("after");
    leave();
    queries.clear();
  });
});
