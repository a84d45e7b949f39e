import type { AppError, Digest } from "@millrace/shared";
import type { Chunk, RowRefusal, RowWriter, SourceReader, SourceRow, TablePlan } from "./connector.ts";
import type { Tally } from "./progress.ts";
import { type Quarantine, quarantined } from "./quarantine.ts";

export interface RowEnds {
  readonly readRows: NonNullable<SourceReader["readRows"]>;
  readonly writer: RowWriter;
}

export interface SetAside {
  readonly rowsWritten: number;
  /** How many had to be written: those that were read, less those that did not arrive. */
  readonly rowsExpected: number;
  /** Of the rows that did not arrive, each by itself; what is left of the chunk's digest without them is what did. */
  readonly digests: readonly Digest[];
}

/**
 * Copies a chunk again that the destination has refused for what its rows hold, in windows of rows that are written one after
 * the other. Rows that the destination names are left out of a window that is refused; one that is refused without a name is halved
 * until single rows are left. Those that are named, or refused alone, go to quarantine, and what arrives is everything else, in the order of reading. One window is in memory at a time, and nothing of this
 * happens to a chunk that was taken whole. Throws what `Quarantine.keep` throws.
 */
export async function copyRowByRow(
  { readRows, writer }: RowEnds,
  plan: TablePlan,
  primaryKey: readonly string[],
  chunk: Chunk,
  quarantine: Quarantine,
  tally: Tally,
): Promise<SetAside> {
  await writer.begin();
  let rowsRead = 0;
  let setAside = 0;
  let bytes = 0;
  let isDense = false;
  const digests: Digest[] = [];
  for await (const window of readRows(plan, chunk)) {
    const refused: Refused[] = [];
    // Where most rows are refused, halving would only write them all twice.
    search: for (const part of isDense ? window.map((row) => [row]) : [window]) {
      for await (const one of refusedOf(writer, part)) {
        refused.push(one);
        if (quarantine.isClosed) break search;
      }
    }
    isDense = refused.filter(({ refusal }) => refusal.at === undefined).length * 2 > window.length;
    if (refused.length > 0) {
      const rows = refused.map(({ row, refusal }) => quarantined(plan, primaryKey, row, refusal));
      const errors: AppError[] = refused.map(({ refusal }) => refusal.error);
      await quarantine.keep(rows, errors, writer.rowCount() === 0);
    }
    digests.push(...refused.flatMap(({ row }) => row.digest ?? []));
    setAside += refused.length;
    rowsRead += window.length;
    bytes += window.reduce((sum, { data }) => sum + data.length, 0);
    tally.advance(rowsRead, bytes);
  }
  return { rowsWritten: writer.rowCount(), rowsExpected: rowsRead - setAside, digests };
}

interface Refused {
  readonly row: SourceRow;
  readonly refusal: RowRefusal;
}

/** Rows of which one at least is `known` to be refused are halved without being tried. */
async function* refusedOf(writer: RowWriter, rows: readonly SourceRow[], isKnown = false): AsyncGenerator<Refused> {
  const [row] = rows;
  if (!row) return;
  if (!isKnown || rows.length === 1) {
    const refusal = await writer.write(rows.map(({ data }) => data));
    if (refusal === null) return;
    if (rows.length === 1) {
      // Where it was is no news.
      const { at: _at, ...alone } = refusal;
      yield { row, refusal: alone };
      return;
    }
    if (refusal.at !== undefined && writer.tryOut) {
      yield* refusedOf(writer, yield* namedOf(writer.tryOut.bind(writer), rows, refusal));
      return;
    }
  }
  const middle = rows.length >> 1;
  let isElsewhere = true;
  for await (const one of refusedOf(writer, rows.slice(0, middle))) {
    isElsewhere = false;
    yield one;
  }
  yield* refusedOf(writer, rows.slice(middle), isElsewhere);
}

/** Behind a row at fault so many times as many rows are tried as were good before it, */
const TRIED_BEHIND = 4;
/** and no fewer than this: a part costs a round trip, however short it is. */
const MIN_TRIED = 16;

/**
 * The rows that the destination names one after the other, as it tries the rest behind each; resolves to the others, in their order. So
 * a row at fault costs one trial, and a row that is good is tried about once before it is written.
 */
async function* namedOf(
  tryOut: NonNullable<RowWriter["tryOut"]>,
  rows: readonly SourceRow[],
  first: RowRefusal,
): AsyncGenerator<Refused, readonly SourceRow[]> {
  const others: SourceRow[] = [];
  let from = 0;
  let count = rows.length;
  let goodBefore = 0;
  for (let refusal: RowRefusal | null = first; ;) {
    const at = refusal?.at;
    const row = at === undefined ? undefined : rows[from + at];
    if (refusal !== null && at !== undefined && row) {
      others.push(...rows.slice(from, from + at));
      yield { row, refusal };
      from += at + 1;
      count = Math.max(MIN_TRIED, (goodBefore + at) * TRIED_BEHIND);
      goodBefore = 0;
    } else {
      // Whatever else they are refused for is seen once they are written.
      others.push(...rows.slice(from, from + count));
      from += count;
      goodBefore += count;
      count *= TRIED_BEHIND;
    }
    if (from >= rows.length) return others;
    refusal = await tryOut(rows.slice(from, from + count).map(({ data }) => data));
  }
}
