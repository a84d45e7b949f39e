import { pipeline, type Readable, Transform, type TransformCallback } from "node:stream";
import {
  type Batch,
  BATCH_BYTES,
  BATCHES,
  type BatchColumn,
  type BatchType,
  MAX_BATCH_ROW_BYTES,
  NULL_LENGTH,
  type TablePlan,
} from "@millrace/engine";
import { AppError, formatTableName } from "@millrace/shared";
import { batchTypesOf } from "./postgres-batch-types.ts";
import { BACKSLASH, DIGIT_VALUE, NEWLINE, NULL_LETTER, TAB, UNESCAPED } from "./postgres-copy-text.ts";

const HEADER_BYTES = 5;

/** `copy … (format text)` as the server sends it, a CopyData message for each row, taken apart into batches. */
export class BatchDecoder extends Transform {
  readonly #types: readonly BatchType[];
  readonly #plan: TablePlan;
  #pieces: Buffer[] = [];
  #held = 0;
  /** How much has to be there before anything is done with it. */
  #needed = BATCH_BYTES;

  constructor(plan: TablePlan) {
    super({ readableObjectMode: true, readableHighWaterMark: 1, writableHighWaterMark: BATCH_BYTES });
    this.#plan = plan;
    this.#types = batchTypesOf(plan);
  }

  override _transform(piece: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    this.#pieces.push(piece);
    this.#held += piece.length;
    callback(this.#held < this.#needed ? null : this.#decode());
  }

  override _flush(callback: TransformCallback): void {
    callback(this.#decode());
  }

  #decode(): Error | null {
    // A copy, even of a single piece: values are unescaped in place, and the bytes are the receiver's from here on.
    const bytes = Buffer.concat(this.#pieces);
    const end = completeMessages(bytes);
    const rest = bytes.subarray(end);
    this.#pieces = [rest];
    this.#held = rest.length;
    const missing = rest.length < HEADER_BYTES ? 0 : 1 + rest.readUInt32BE(1);
    if (missing > MAX_BATCH_ROW_BYTES) {
      const table = formatTableName(this.#plan.sourceTable);
      return new AppError("ROW_TOO_LARGE", { params: { table, side: "source" } });
    }
    this.#needed = Math.max(BATCH_BYTES, missing);
    if (end > 0) this.push(decodeMessages(bytes.subarray(0, end), this.#types));
    return null;
  }
}

/** Where the last message that is there as a whole ends. */
function completeMessages(bytes: Buffer): number {
  let at = 0;
  while (at + HEADER_BYTES <= bytes.length) {
    const next = at + 1 + bytes.readUInt32BE(at + 1);
    if (next > bytes.length) break;
    at = next;
  }
  return at;
}

/** The batch of whole messages. Its values stay where they are in `bytes`, unescaped in place. */
export function decodeMessages(bytes: Buffer, types: readonly BatchType[]): Batch {
  const rowCount = countMessages(bytes);
  // One piece of memory for all of them: a table may have 1,600.
  const places = new Int32Array(2 * types.length * rowCount);
  const placesAt = (index: number) => places.subarray(index * rowCount, (index + 1) * rowCount);
  const columns: readonly BatchColumn[] = types.map((type, at) => ({
    type,
    starts: placesAt(2 * at),
    lengths: placesAt(2 * at + 1),
  }));
  let at = 0;
  for (let row = 0; row < rowCount; row++) {
    const end = at + 1 + bytes.readUInt32BE(at + 1);
    decodeRow(bytes, at + HEADER_BYTES, columns, row);
    at = end;
  }
  for (const column of columns) if (column.type === "bytes") decodeHex(bytes, column, rowCount);
  return { rowCount, columns, bytes };
}

function countMessages(bytes: Buffer): number {
  let count = 0;
  for (let at = 0; at < bytes.length; count++) at += 1 + bytes.readUInt32BE(at + 1);
  return count;
}

/** One row's fields, the first of which begins at `from`. */
function decodeRow(bytes: Buffer, from: number, columns: readonly BatchColumn[], row: number): void {
  let at = from;
  for (const { starts, lengths } of columns) {
    const start = at;
    let byte = bytes[at] as number;
    while (byte !== TAB && byte !== NEWLINE && byte !== BACKSLASH) byte = bytes[++at] as number;
    starts[row] = start;
    if (byte !== BACKSLASH) {
      lengths[row] = at - start;
      at += 1;
      continue;
    }
    if (at === start && bytes[at + 1] === NULL_LETTER) {
      lengths[row] = NULL_LENGTH;
      // `\N` and what is behind it.
      at += 3;
      continue;
    }
    // What is unescaped is never longer, so it is written over what it is read from.
    let to = at;
    while (byte !== TAB && byte !== NEWLINE) {
      bytes[to++] = byte === BACKSLASH ? (UNESCAPED[bytes[++at] as number] as number) : byte;
      byte = bytes[++at] as number;
    }
    lengths[row] = to - start;
    at += 1;
  }
}

/** `\x00ff` becomes its bytes. */
function decodeHex(bytes: Buffer, { starts, lengths }: BatchColumn, rowCount: number): void {
  for (let row = 0; row < rowCount; row++) {
    const length = lengths[row] as number;
    if (length === NULL_LENGTH) continue;
    const start = starts[row] as number;
    let to = start;
    for (let at = start + 2; at < start + length; at += 2) {
      bytes[to++] =
        ((DIGIT_VALUE[bytes[at] as number] as number) << 4) | (DIGIT_VALUE[bytes[at + 1] as number] as number);
    }
    lengths[row] = to - start;
  }
}

/** What a plan's rows are read from, given their COPY: itself, or the batches that are made of it. They fail and end together. */
export function inWireFormat(copy: Readable, plan: TablePlan): Readable {
  if (plan.wireFormat !== BATCHES) return copy;
  const batches = new BatchDecoder(plan);
  // Whoever reads sees the error, or is the one that has stopped.
  pipeline(copy, batches, () => {});
  return batches;
}
