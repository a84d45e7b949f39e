import { type Digest, digestsEqual, type KeyDifference, MAX_LISTED_DIFFERENCES } from "@millrace/shared";
import { comparePrinted, type Difference, linesOf } from "./compare-prints.ts";
import {
  type Key,
  type KeyedEnds,
  type KeyedReader,
  type KeyPrint,
  type KeyRange,
  readKey,
  readPrint,
} from "./keyed.ts";

/**
 * A range of at most so many rows is compared key by key: some 200 KB of prints at each end. Each time that ranges are
 * cut all of their rows are hashed anew: with these limits a table of four million rows is cut once.
 */
const LEAF_ROWS = 4_000;
/** How many ranges one statement speaks of. */
const MAX_RANGES = 1_024;
/** How many keys one statement names. */
const MAX_NAMED_KEYS = 2_000;

/** Both ends do the same at the same time. When one fails, the other has ended as well before this rejects. */
export async function atBoth<Result>(
  { source, destination }: KeyedEnds,
  work: (reader: KeyedReader) => Promise<Result>,
): Promise<readonly [source: Result, destination: Result]> {
  const [ours, theirs] = await Promise.allSettled([work(source), work(destination)]);
  if (ours.status === "rejected") throw ours.reason;
  if (theirs.status === "rejected") throw theirs.reason;
  return [ours.value, theirs.value];
}

/** A range that differs. */
interface Suspect {
  readonly range: KeyRange;
  readonly sourceRows: number;
  readonly destinationRows: number;
  /** Whether it can be cut no further, since its rows share a key. */
  readonly isWhole: boolean;
}

const rowsOf = ({ sourceRows, destinationRows }: Suspect): number => Math.max(sourceRows, destinationRows);
const isTooLarge = (suspect: Suspect): boolean => !suspect.isWhole && rowsOf(suspect) > LEAF_ROWS;

/** The keys of both ends that differ: all are counted, the first are listed, in the order of the key. */
export async function findDifferences(
  ends: KeyedEnds,
  counts: { readonly sourceRows: number; readonly destinationRows: number },
  columns: readonly string[],
): Promise<{ readonly count: number; readonly differences: readonly KeyDifference[] }> {
  let count = 0;
  const listed: Difference[] = [];
  for await (const found of walkDifferences(ends, counts)) {
    count += found.length;
    listed.push(...found.slice(0, MAX_LISTED_DIFFERENCES - listed.length));
  }
  const keys = listed.map(({ name, kind }) => ({ key: [...readKey(name)], kind }));
  return { count, differences: await withColumns(ends, keys, columns) };
}

/** The keys of both ends that differ, a range of the key after the other. Between two ranges both readers may be asked for more. */
export async function* walkDifferences(
  ends: KeyedEnds,
  counts: { readonly sourceRows: number; readonly destinationRows: number },
): AsyncGenerator<readonly Difference[]> {
  let suspects: readonly Suspect[] = [{ range: { from: null, to: null }, ...counts, isWhole: false }];
  while (suspects.some(isTooLarge)) suspects = await refine(ends, suspects);
  for (const batch of batches(suspects, MAX_RANGES)) {
    yield* compareRanges(
      ends,
      batch.map(({ range }) => range),
    );
  }
}

/** The source's keys and their prints, so many at once that a list of them is no burden. */
export async function* walkPrints(reader: KeyedReader): AsyncGenerator<readonly KeyPrint[]> {
  const whole = { from: null, to: null };
  const [bounds = []] = await reader.split([whole], [MAX_NAMED_KEYS]);
  for (const batch of batches(between(whole, bounds), MAX_RANGES)) {
    for await (const printed of reader.printRanges(batch)) yield linesOf(printed).map(readPrint);
  }
}

/** Cuts what is too large and keeps the parts that differ, in the order of the key. */
async function refine(ends: KeyedEnds, suspects: readonly Suspect[]): Promise<readonly Suspect[]> {
  const refined = new Map<Suspect, readonly Suspect[]>();
  for (const batch of cutTogether(suspects.filter(isTooLarge))) {
    const parts = await cut(ends, batch);
    const ranges = parts.flat();
    const [source, destination] = await atBoth(ends, (reader) => reader.digestRanges(ranges));
    let at = 0;
    for (const [index, suspect] of batch.entries()) {
      const own = parts[index] ?? [];
      refined.set(
        suspect,
        own.flatMap((range) => {
          const found = suspectOf(range, source[at], destination[at], own.length === 1);
          at += 1;
          return found;
        }),
      );
    }
  }
  return suspects.flatMap((suspect) => refined.get(suspect) ?? [suspect]);
}

function suspectOf(
  range: KeyRange,
  source: Digest | undefined,
  destination: Digest | undefined,
  isWhole: boolean,
): Suspect[] {
  if (!source || !destination || digestsEqual(source, destination)) return [];
  return [{ range, sourceRows: source.rowCount, destinationRows: destination.rowCount, isWhole }];
}

/** How many parts a range is cut into. */
const partsOf = (suspect: Suspect): number => Math.min(MAX_RANGES, Math.ceil(rowsOf(suspect) / LEAF_ROWS));

/** Ranges whose parts one statement speaks of. */
function* cutTogether(suspects: readonly Suspect[]): Generator<readonly Suspect[]> {
  let together: Suspect[] = [];
  let partCount = 0;
  for (const suspect of suspects) {
    if (partCount + partsOf(suspect) > MAX_RANGES) {
      yield together;
      [together, partCount] = [[], 0];
    }
    together.push(suspect);
    partCount += partsOf(suspect);
  }
  if (together.length > 0) yield together;
}

/** The parts of each range, by the keys of the end that has more rows in it. */
async function cut(ends: KeyedEnds, suspects: readonly Suspect[]): Promise<readonly (readonly KeyRange[])[]> {
  const isSourceLarger = ({ sourceRows, destinationRows }: Suspect) => sourceRows >= destinationRows;
  const bounds = new Map<Suspect, readonly Key[]>();
  await atBoth(ends, async (reader) => {
    const own = suspects.filter((suspect) => isSourceLarger(suspect) === (reader === ends.source));
    const found = await reader.split(
      own.map(({ range }) => range),
      own.map((suspect) => Math.ceil(rowsOf(suspect) / partsOf(suspect))),
    );
    for (const [index, suspect] of own.entries()) bounds.set(suspect, found[index] ?? []);
  });
  return suspects.map((suspect) => between(suspect.range, bounds.get(suspect) ?? []));
}

/** The parts of a range that keys in it cut it into. */
function between({ from, to }: KeyRange, bounds: readonly Key[]): KeyRange[] {
  const keys = [from, ...bounds, to];
  return keys.slice(1).map((end, index) => ({ from: keys[index] ?? null, to: end }));
}

/** Key by key, range by range. */
async function* compareRanges(
  { source, destination }: KeyedEnds,
  ranges: readonly KeyRange[],
): AsyncGenerator<readonly Difference[]> {
  const ours = source.printRanges(ranges)[Symbol.asyncIterator]();
  const theirs = destination.printRanges(ranges)[Symbol.asyncIterator]();
  try {
    for (const _range of ranges) {
      const [a, b] = await Promise.allSettled([ours.next(), theirs.next()]);
      if (a.status === "rejected") throw a.reason;
      if (b.status === "rejected") throw b.reason;
      yield* comparePrinted(a.value.done === true ? "" : a.value.value, b.value.done === true ? "" : b.value.value);
    }
  } finally {
    await Promise.allSettled([ours.return?.(), theirs.return?.()]);
  }
}

/** With the columns that differ, of keys that both ends have. */
export async function withColumns(
  ends: KeyedEnds,
  differences: readonly Omit<KeyDifference, "columns">[],
  columns: readonly string[],
): Promise<KeyDifference[]> {
  const different = differences.filter(({ kind }) => kind === "different").map(({ key }) => key);
  if (different.length === 0) return differences.map((difference) => ({ ...difference, columns: [] }));
  const [source, destination] = await atBoth(ends, async (reader) => {
    const hashed = await reader.hashColumns(different);
    return new Map(hashed.map(({ key, hashes }) => [nameOf(key), hashes]));
  });
  return differences.map((difference) => {
    const ours = source.get(nameOf(difference.key));
    const theirs = destination.get(nameOf(difference.key));
    const differing = difference.kind === "different" ? columns.filter((_, at) => ours?.[at] !== theirs?.[at]) : [];
    return { ...difference, columns: differing };
  });
}

const nameOf = (key: Key): string => JSON.stringify(key);

function* batches<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
