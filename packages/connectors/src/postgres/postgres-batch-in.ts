import { Transform, type TransformCallback } from "node:stream";
import { type Batch, BATCH_BYTES, NULL_LENGTH } from "@millrace/engine";
import { MESSAGE } from "./postgres-copy-frames.ts";
import {
  BACKSLASH,
  ESCAPED,
  HEX_PREFIX,
  HIGH_DIGIT,
  LOW_DIGIT,
  NEWLINE,
  NULL_LETTER,
  TAB,
} from "./postgres-copy-text.ts";

const HEADER_BYTES = 5;
/** What a few ordinary batches need. The room for a huge row is not kept. */
const MAX_SCRATCH_BYTES = 4 * BATCH_BYTES;
/** The length of a message counts itself. */
const LENGTH_BYTES = 4;

/** Batches as the CopyData messages of `copy … (format text)`. */
export class BatchEncoder extends Transform {
  constructor() {
    super({ writableObjectMode: true, writableHighWaterMark: 1 });
  }

  override _transform(batch: Batch, _encoding: BufferEncoding, callback: TransformCallback): void {
    callback(null, encodeBatch(batch));
  }
}

/** Where a message is made before it is known how long it will be: memory that was touched before costs nothing. */
let scratch: Buffer = Buffer.alloc(0);

/** One message: a server looks for the ends of rows by itself. */
export function encodeBatch(batch: Batch): Buffer {
  const { rowCount, columns, bytes } = batch;
  const mostBytes = HEADER_BYTES + encodedBytes(batch);
  if (mostBytes > scratch.length) scratch = Buffer.allocUnsafeSlow(mostBytes);
  const message = scratch;
  let at = HEADER_BYTES;
  for (let row = 0; row < rowCount; row++) {
    for (const { type, starts, lengths } of columns) {
      const length = lengths[row] as number;
      const start = starts[row] as number;
      if (length === NULL_LENGTH) {
        message[at++] = BACKSLASH;
        message[at++] = NULL_LETTER;
      } else if (type === "bytes") {
        at = writeHex(bytes, start, length, message, at);
      } else {
        at = writeText(bytes, start, length, message, at);
      }
      message[at++] = TAB;
    }
    // In place of the last field's tab; a row without columns is an empty line.
    if (columns.length > 0) at -= 1;
    message[at++] = NEWLINE;
  }
  message[0] = MESSAGE.copyData;
  message.writeUInt32BE(at - HEADER_BYTES + LENGTH_BYTES, 1);
  const made = Buffer.from(message.subarray(0, at));
  if (scratch.length > MAX_SCRATCH_BYTES) scratch = Buffer.alloc(0);
  return made;
}

/** No less than the rows will take: every byte of a text may need a backslash, and a null takes two. */
function encodedBytes({ rowCount, columns }: Batch): number {
  let total = rowCount * (columns.length + 1);
  for (const { type, lengths } of columns) {
    const fixed = type === "bytes" ? HEX_PREFIX.length : 0;
    for (let row = 0; row < rowCount; row++) {
      const length = lengths[row] as number;
      total += length === NULL_LENGTH ? 2 : 2 * length + fixed;
    }
  }
  return total;
}

function writeText(from: Buffer, start: number, length: number, to: Buffer, at: number): number {
  for (let index = start; index < start + length; index++) {
    const byte = from[index] as number;
    const escaped = ESCAPED[byte] as number;
    if (escaped === 0) {
      to[at++] = byte;
    } else {
      to[at++] = BACKSLASH;
      to[at++] = escaped;
    }
  }
  return at;
}

function writeHex(from: Buffer, start: number, length: number, to: Buffer, at: number): number {
  for (const byte of HEX_PREFIX) to[at++] = byte;
  for (let index = start; index < start + length; index++) {
    const byte = from[index] as number;
    to[at++] = HIGH_DIGIT[byte] as number;
    to[at++] = LOW_DIGIT[byte] as number;
  }
  return at;
}
