import type { LogLine } from "@millrace/shared";
import { describe, expect, it, vi } from "vitest";
import { type LinesWanted, RunLogStore } from "./run-log-store.ts";

const line = (seq: number): LogLine => ({ seq, at: "2026-11-23T12:00:00.000Z", level: "info", message: `line ${seq}` });
const span = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const lines = (from: number, to: number) => span(from, to).map(line);
const here = (store: RunLogStore) => span(1, store.read().lineCount).filter((seq) => store.line(seq)?.seq === seq);

/** A server that answers when it is told to, and remembers what it was asked. */
function server() {
  const asked: LinesWanted[] = [];
  const answers: (() => void)[] = [];
  const fetch = (wanted: LinesWanted): Promise<readonly LogLine[]> => {
    asked.push(wanted);
    const { promise, resolve } = Promise.withResolvers<readonly LogLine[]>();
    answers.push(() =>
      resolve(lines(wanted.afterSeq + 1, Math.min(wanted.beforeSeq - 1, wanted.afterSeq + wanted.limit))),
    );
    return promise;
  };
  const answer = async () => {
    answers.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { asked, fetch, answer };
}

describe("a run's log in the browser", () => {
  it("takes what the stream sends, each line once, whatever is sent again", () => {
    const { fetch, asked } = server();
    const store = new RunLogStore(0, fetch);
    store.receive(lines(1, 4));
    store.receive(lines(1, 4));
    store.receive(lines(3, 6));
    expect(here(store)).toEqual(span(1, 6));
    expect(store.read().lineCount).toBe(6);
    expect(asked).toEqual([]);
  });

  it("tells nobody of lines that were here before", () => {
    const store = new RunLogStore(0, server().fetch);
    store.receive(lines(1, 4));
    const heard = vi.fn();
    store.subscribe(heard);
    store.receive(lines(2, 3));
    expect(heard).not.toHaveBeenCalled();
    store.receive(lines(4, 5));
    expect(heard).toHaveBeenCalledTimes(1);
  });

  it("keeps the places of lines that are not here, and fetches just those that are looked at", async () => {
    const { fetch, asked, answer } = server();
    const store = new RunLogStore(100_000, fetch);
    store.receive(lines(99_991, 100_002));
    expect(store.read().lineCount).toBe(100_002);
    expect(store.line(50_000)).toBeUndefined();
    store.want(span(49_990, 50_010));
    await answer();
    expect(asked).toEqual([{ afterSeq: 49_989, beforeSeq: 50_011, level: undefined, limit: 400 }]);
    expect(store.line(50_000)?.message).toBe("line 50000");
  });

  it("closes a hole that a broken stream left, without a line doubled", async () => {
    const { fetch, answer } = server();
    const store = new RunLogStore(0, fetch);
    store.receive(lines(1, 5));
    store.receive(lines(9, 12));
    store.want(span(1, 12));
    await answer();
    expect(here(store)).toEqual(span(1, 12));
  });

  it("asks once at a time, and next for what is looked at then", async () => {
    const { fetch, asked, answer } = server();
    const store = new RunLogStore(10_000, fetch);
    store.want(span(1, 10));
    store.want(span(5_000, 5_010));
    store.want(span(9_000, 9_010), "warn");
    expect(asked).toHaveLength(1);
    await answer();
    expect(asked.slice(1)).toEqual([{ afterSeq: 8_999, beforeSeq: 9_011, level: "warn", limit: 400 }]);
  });

  it("tries again when somebody looks again after a failure", async () => {
    let isDown = true;
    const store = new RunLogStore(10, ({ afterSeq, beforeSeq }) =>
      isDown ? Promise.reject(new TypeError("Failed to fetch")) : Promise.resolve(lines(afterSeq + 1, beforeSeq - 1)),
    );
    store.want(span(1, 10));
    await vi.waitFor(() => expect(store.read().error).toBeInstanceOf(TypeError), 30_000);
    isDown = false;
    store.want(span(1, 10));
    await vi.waitFor(() => expect(here(store)).toEqual(span(1, 10)), 30_000);
    expect(store.read().error).toBeNull();
  });

  it("does not ask forever for what a server announced and does not have", async () => {
    const fetch = vi.fn(() => Promise.resolve([]));
    const store = new RunLogStore(10, fetch);
    store.want(span(1, 10));
    await vi.waitFor(() => expect(fetch).toHaveBeenCalledTimes(1), 30_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(fetch).toHaveBeenCalledTimes(1);
  });
});
