import { AppError } from "@millrace/shared";
import { describe, expect, it } from "vitest";
import { ConcurrencyLimiter } from "./concurrency-limiter.ts";

const never = new AbortController().signal;

/** Work that ends when it is told to. */
function held(limiter: ConcurrencyLimiter, key: string, started: string[], name: string, signal = never) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const done = limiter.run(key, signal, async () => {
    started.push(name);
    await promise;
    return name;
  });
  return { done, end: resolve };
}

describe("work under a limit", () => {
  it("waits for its turn, first come first served, and each key by itself", async () => {
    const limiter = new ConcurrencyLimiter(1);
    const started: string[] = [];
    const work = ["a", "b", "c"].map((name) => held(limiter, "one", started, name));
    const other = held(limiter, "other", started, "d");
    await Promise.resolve();
    expect(started).toEqual(["a", "d"]);
    for (const { end, done } of [...work, other]) {
      end();
      await done;
    }
    expect(started).toEqual(["a", "d", "b", "c"]);
  });

  it("gives its place back when it fails", async () => {
    const limiter = new ConcurrencyLimiter(1);
    await expect(limiter.run("k", never, () => Promise.reject(new RangeError("failed")))).rejects.toThrow("failed");
    expect(await limiter.run("k", never, async () => "next")).toBe("next");
  });

  it("is not started once the caller has left", async () => {
    const limiter = new ConcurrencyLimiter(1);
    const started: string[] = [];
    const leaving = new AbortController();
    const first = held(limiter, "k", started, "first");
    const second = held(limiter, "k", started, "second", leaving.signal);
    const third = held(limiter, "k", started, "third");
    leaving.abort();
    await expect(second.done).rejects.toEqual(new AppError("RUN_CANCELLED"));
    first.end();
    third.end();
    await Promise.all([first.done, third.done]);
    expect(started).toEqual(["first", "third"]);
    await expect(limiter.run("k", AbortSignal.abort(), async () => "late")).rejects.toEqual(
      new AppError("RUN_CANCELLED"),
    );
  });
});
