/**
 * `batches`: rows as columns, the wire format that every connector emits and takes, so that any two of them have one in common.
 *
 * Between connectors a stream of batches is a `Readable` in object mode. The rows come in the order of reading, the columns in
 * that of the plan, all batches of a stream have the same columns of the same types. A batch belongs to whoever has received
 * it: its sender keeps nothing of it and never writes to its buffers again. Streams hold at most a few batches, so what is in
 * memory is a small multiple of `BATCH_BYTES`, or of the largest row where that is larger.
 */
export const BATCHES = "batches";

/** A batch ends with the row that brings it to this size: large enough that the work for a batch is nothing beside that for its rows. */
export const BATCH_BYTES = 256 * 1024;

/** A larger row cannot be held in memory several times over. Its sender refuses it with `ROW_TOO_LARGE`. */
export const MAX_BATCH_ROW_BYTES = 64 * 1024 ** 2;

/**
 * What a value's bytes mean. Text is UTF-8 without a NUL.
 *
 * | type | bytes |
 * |---|---|
 * | `boolean` | `t` or `f` |
 * | `integer`, `decimal` | digits with a sign and a point where they have one, exact, of any length; `decimal` also `NaN` and `±Infinity` |
 * | `float` | the shortest decimal text that reads back as the same number; also `NaN` and `±Infinity` |
 * | `text`, `json` | as they are, white space and order of keys included |
 * | `bytes` | the bytes themselves |
 * | `date`, `time`, `timestamp` | ISO 8601 with a space between date and time, `BC` behind where it is so; also `±infinity` |
 * | `timestamptz` | the same with its offset |
 * | `uuid` | lower case, with hyphens |
 * | `native` | as the source's system spells it: only a connector of that system can read it |
 */
export const BATCH_TYPES = [
  "boolean",
  "integer",
  "decimal",
  "float",
  "text",
  "json",
  "bytes",
  "date",
  "time",
  "timestamp",
  "timestamptz",
  "uuid",
  "native",
] as const;
export type BatchType = (typeof BATCH_TYPES)[number];

/** Where each row's value lies in the batch's `bytes`. Both arrays may be longer than the batch has rows. */
export interface BatchColumn {
  readonly type: BatchType;
  readonly starts: Int32Array;
  /** In bytes; `NULL_LENGTH` for null. */
  readonly lengths: Int32Array;
}

export const NULL_LENGTH = -1;

export interface Batch {
  readonly rowCount: number;
  readonly columns: readonly BatchColumn[];
  /** Holds every value once, in any order, and may hold more. */
  readonly bytes: Buffer;
}

/** A value's bytes, without a copy of them; null for null. */
export function valueAt({ columns, bytes }: Batch, row: number, column: number): Buffer | null {
  const { starts, lengths } = columns[column] as BatchColumn;
  const length = lengths[row] as number;
  const start = starts[row] as number;
  return length === NULL_LENGTH ? null : bytes.subarray(start, start + length);
}

/** A batch of these values, row by row. */
export function batchOf(types: readonly BatchType[], rows: readonly (readonly (Buffer | null)[])[]): Batch {
  const columns = types.map((type) => ({
    type,
    starts: new Int32Array(rows.length),
    lengths: new Int32Array(rows.length),
  }));
  const values: Buffer[] = [];
  let at = 0;
  for (const [index, row] of rows.entries()) {
    for (const [position, { starts, lengths }] of columns.entries()) {
      const value = row[position] ?? null;
      starts[index] = at;
      lengths[index] = value === null ? NULL_LENGTH : value.length;
      if (value === null) continue;
      values.push(value);
      at += value.length;
    }
  }
  return { rowCount: rows.length, columns, bytes: Buffer.concat(values) };
}

const TYPE_BYTES = 1;
const LENGTH_BYTES = 4;

/**
 * One row of a batch by itself, as `SourceRow.data` and `RowWriter.write` have it in this format: for each column its type's
 * place in `BATCH_TYPES`, the length in four bytes, and the value.
 */
export function packRow(batch: Batch, row: number): Buffer {
  const parts = batch.columns.flatMap(({ type }, column) => {
    const value = valueAt(batch, row, column);
    const head = Buffer.alloc(TYPE_BYTES + LENGTH_BYTES, BATCH_TYPES.indexOf(type));
    head.writeInt32BE(value === null ? NULL_LENGTH : value.length, TYPE_BYTES);
    return value === null ? [head] : [head, value];
  });
  return Buffer.concat(parts);
}

/** The batch of rows that `packRow` has made. */
export function unpackRows(packed: readonly Uint8Array[]): Batch {
  let types: readonly BatchType[] = [];
  const rows = packed.map((one) => {
    const bytes = Buffer.from(one.buffer, one.byteOffset, one.length);
    const found: BatchType[] = [];
    const values: (Buffer | null)[] = [];
    for (let at = 0; at < bytes.length;) {
      found.push(BATCH_TYPES[bytes[at] as number] ?? "native");
      const length = bytes.readInt32BE(at + TYPE_BYTES);
      at += TYPE_BYTES + LENGTH_BYTES;
      values.push(length === NULL_LENGTH ? null : bytes.subarray(at, at + length));
      at += Math.max(0, length);
    }
    types = found;
    return values;
  });
  return batchOf(types, rows);
}
