import { setTimeout as delay } from "node:timers/promises";

/**
 * What arrives within `pauseMs` of a first item, together, so that a busy source costs its readers an event now and then
 * and not one for each item. Ends and throws as the source does, after what came before. The source must end by itself once
 * nobody reads any more, as a stream whose signal aborts does.
 */
export async function* batched<Item>(source: AsyncIterable<Item>, pauseMs: number): AsyncGenerator<Item[], void> {
  const items = source[Symbol.asyncIterator]();
  let next = items.next();
  for (;;) {
    const first = await next;
    if (first.done) return;
    const batch = [first.value];
    const over = new AbortController();
    const pause = delay(pauseMs, "over" as const, { signal: over.signal }).catch(() => "over" as const);
    for (;;) {
      next = items.next();
      // What loses the race, ends or throws is looked at in the next round.
      const arrived = await Promise.race([pause, next.catch(() => "over" as const)]);
      if (arrived === "over" || arrived.done) break;
      batch.push(arrived.value);
    }
    over.abort();
    yield batch;
  }
}
