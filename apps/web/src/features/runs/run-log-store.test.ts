import type { LogLine } from "@millrace/shared";
import { describe, expect, it } from "vitest";
import { RunLogStore } from "./run-log-store.ts";

const line = (seq: number): LogLine => ({ seq, at: "2026-11-23T12:00:00.000Z", level: "info", message: `line ${seq}` });
const lines = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => line(from + index));
const seqs = (store: RunLogStore) => store.read().lines.map(({ seq }) => seq);
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

/** A server with that many lines, which answers in pages of three. */
function serverWith(last: number) {
  const asked: number[] = [];
  const fetchAfter = (afterSeq: number) => {
    asked.push(afterSeq);
    return Promise.resolve(lines(afterSeq + 1, Math.min(last, afterSeq + 3)));
  };
  return { asked, fetchAfter };
}

describe("a run's log in the browser", () => {
  it("appends what follows without asking the server", () => {
    const { asked, fetchAfter } = serverWith(5);
    const store = new RunLogStore(fetchAfter);
    store.receive(lines(1, 2));
    store.receive(lines(3, 5));
    expect(seqs(store)).toEqual(upTo(5));
    expect(asked).toEqual([]);
  });

  it("drops lines that a reconnected stream sends again", () => {
    const store = new RunLogStore(serverWith(6).fetchAfter);
    store.receive(lines(1, 4));
    store.receive(lines(1, 4));
    store.receive(lines(3, 6));
    expect(seqs(store)).toEqual(upTo(6));
  });

  it("fetches what a dropped connection missed, page by page, before it shows what came after", async () => {
    const { asked, fetchAfter } = serverWith(12);
    const store = new RunLogStore(fetchAfter);
    store.receive(lines(1, 2));
    store.receive(lines(11, 12));
    expect(seqs(store)).toEqual(upTo(2));
    await store.catchUp();
    expect(seqs(store)).toEqual(upTo(12));
    expect(asked).toEqual([2, 5, 8, 11]);
  });

  it("takes lines that arrive while it is fetching, once and in order", async () => {
    const { fetchAfter } = serverWith(9);
    const store = new RunLogStore(fetchAfter);
    store.receive(lines(5, 6));
    store.receive(lines(7, 9));
    await store.catchUp();
    store.receive(lines(8, 9));
    expect(seqs(store)).toEqual(upTo(9));
  });

  it("stops asking a server that has nothing where something was announced", async () => {
    const store = new RunLogStore(() => Promise.resolve([]));
    store.receive(lines(4, 4));
    await store.catchUp();
    expect(seqs(store)).toEqual([]);
  });

  it("reports a failed fetch and mends the gap with the next lines", async () => {
    const server = serverWith(8);
    let isDown = true;
    const store = new RunLogStore((afterSeq) =>
      isDown ? Promise.reject(new TypeError("Failed to fetch")) : server.fetchAfter(afterSeq),
    );
    store.receive(lines(4, 6));
    await store.catchUp();
    expect(store.read().error).toBeInstanceOf(TypeError);
    isDown = false;
    store.receive(lines(7, 8));
    await store.catchUp();
    expect(store.read().error).toBeNull();
    expect(seqs(store)).toEqual(upTo(8));
  });

  it("tells its listeners of each change and of nothing else", () => {
    const store = new RunLogStore(serverWith(3).fetchAfter);
    let changeCount = 0;
    const stop = store.subscribe(() => (changeCount += 1));
    store.receive(lines(1, 2));
    store.receive(lines(1, 2));
    stop();
    store.receive(lines(3, 3));
    expect(changeCount).toBe(1);
  });
});
