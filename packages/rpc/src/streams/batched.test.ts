import { expect, test } from "vitest";
import { batched } from "./batched.ts";

/** A source that is fed by hand. */
function source() {
  const waiting: (() => void)[] = [];
  const items: (number | Error | null)[] = [];
  const feed = (...more: (number | Error | null)[]) => {
    items.push(...more);
    waiting.splice(0).forEach((wake) => wake());
  };
  async function* read(): AsyncGenerator<number, void> {
    for (;;) {
      const item = items.shift();
      if (item === null) return;
      if (item instanceof Error) throw item;
      if (item === undefined) await new Promise<void>((resolve) => waiting.push(resolve));
      else yield item;
    }
  }
  return { feed, read };
}

test("what comes close together comes as one, each item once and in order", async () => {
  const { feed, read } = source();
  const batches = batched(read(), 20);
  feed(1, 2, 3);
  expect(await batches.next()).toEqual({ done: false, value: [1, 2, 3] });
  const later = batches.next();
  feed(4);
  expect(await later).toEqual({ done: false, value: [4] });
  feed(5, null);
  expect(await batches.next()).toEqual({ done: false, value: [5] });
  expect(await batches.next()).toEqual({ done: true, value: undefined });
});

test("an error comes after what came before it", async () => {
  const { feed, read } = source();
  const batches = batched(read(), 20);
  feed(1, new RangeError("gone"));
  expect(await batches.next()).toEqual({ done: false, value: [1] });
  await expect(batches.next()).rejects.toThrow("gone");
});

test("a source that never rests does not keep its readers waiting", async () => {
  async function* restless(): AsyncGenerator<number, void> {
    for (let item = 0; ; item += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      yield item;
    }
  }
  const seen: number[] = [];
  let batchCount = 0;
  for await (const batch of batched(restless(), 10)) {
    seen.push(...batch);
    batchCount += 1;
    if (batchCount === 3) break;
  }
  expect(seen).toEqual(seen.map((_, index) => index));
});
