/** Works items off, several at once. */

/**
 * Each lane takes the next item as soon as it is done with the one before, until there is none left. After the first failure
 * no lane takes another item and `abort` is called once, so that the others end soon; this rejects with that failure when all
 * have ended.
 */
export async function inLanes<Lane, Item>(
  lanes: readonly Lane[],
  items: Iterable<Item>,
  work: (lane: Lane, item: Item) => Promise<void>,
  abort: () => void,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  let failure: { readonly error: unknown } | undefined;
  const run = async (lane: Lane) => {
    while (!failure) {
      const next = queue.next();
      if (next.done === true) return;
      try {
        await work(lane, next.value);
      } catch (error) {
        if (!failure) {
          failure = { error };
          abort();
        }
      }
    }
  };
  await Promise.all(lanes.map(run));
  if (failure) throw failure.error;
}
