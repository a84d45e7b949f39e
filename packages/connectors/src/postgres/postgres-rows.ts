import { Readable } from "node:stream";
import { BATCHES, packRow, type SourceRow, type TablePlan, unpackRows } from "@millrace/engine";
import { AppError, formatTableName } from "@millrace/shared";
import { decodeMessages } from "./postgres-batch-out.ts";
import { batchTypesOf } from "./postgres-batch-types.ts";
import { MESSAGE } from "./postgres-copy-frames.ts";
import { NEWLINE, TAB } from "./postgres-copy-text.ts";
import { type HashedValue, rowDigest, rowDigestSql } from "./postgres-digest.ts";
import { PG_BINARY } from "./postgres-wire-formats.ts";

/**
 * A copy's rows one by one, for a chunk that was refused. Each row carries one more field at its end, the notes: its digest
 * and its columns as text. They are cut off again before the row travels on, so the rest of it is what `read` sends.
 */

/** A row that takes more at the source is not kept in quarantine: somebody would have to look at it. */
const MAX_KEPT_BYTES = 256 * 1024;
/** A window is this many rows, or as few as have this many bytes together. */
const WINDOW_ROWS = 1000;
const WINDOW_BYTES = 1024 ** 2;
/** What is larger cannot be held in memory to be written by itself. */
const MAX_ROW_BYTES = 64 * 1024 ** 2;

const HEADER_BYTES = 5;
const LENGTH_BYTES = 4;
/** Signature, flags and the length of an extension that no server sends. https://www.postgresql.org/docs/current/sql-copy.html */
const BINARY_HEADER = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");
const BINARY_TRAILER = Buffer.from([0xff, 0xff]);

/** One expression over a row's values, in the plan's order, as JSON: `[sum, xor, [text, …]]`. */
export function rowNotesSql(digestMethod: string | null, values: readonly HashedValue[]): string {
  const expressions = values.map(({ value }) => value);
  const digest = digestMethod === null ? "null, null" : rowDigestSql(digestMethod, values);
  const texts = expressions.map((expression) => `(${expression})::pg_catalog.text`).join(", ");
  const size = `pg_catalog.pg_column_size(row(${expressions.join(", ")}))`;
  const kept = `case when ${size} <= ${MAX_KEPT_BYTES} then array[${texts}]::pg_catalog.text[] end`;
  return `pg_catalog.json_build_array(${digest}, ${kept})::pg_catalog.text`;
}

/** In windows. Throws `ROW_TOO_LARGE`. */
export async function* splitRows(stream: Readable, plan: TablePlan): AsyncGenerator<readonly SourceRow[]> {
  const isBinary = plan.wireFormat === PG_BINARY;
  let window: SourceRow[] = [];
  let bytes = 0;
  let isFirst = true;
  for await (const payload of payloadsOf(stream, plan)) {
    const data = isBinary && isFirst ? payload.subarray(BINARY_HEADER.length) : payload;
    isFirst = false;
    if (isBinary && (data.length === 0 || data.equals(BINARY_TRAILER))) continue;
    window.push(isBinary ? binaryRow(data) : textRow(data, plan));
    bytes += data.length;
    if (window.length >= WINDOW_ROWS || bytes >= WINDOW_BYTES) {
      yield window;
      window = [];
      bytes = 0;
    }
  }
  if (window.length > 0) yield window;
}

/** What CopyData messages hold. A server sends one for each row. */
async function* payloadsOf(stream: Readable, { sourceTable }: TablePlan): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  let held = 0;
  let needed = HEADER_BYTES;
  for await (const piece of stream as AsyncIterable<Buffer>) {
    pieces.push(piece);
    held += piece.length;
    if (held < needed) continue;
    let bytes = Buffer.concat(pieces);
    for (;;) {
      needed = bytes.length < HEADER_BYTES ? HEADER_BYTES : 1 + bytes.readUInt32BE(1);
      if (needed > MAX_ROW_BYTES) {
        throw new AppError("ROW_TOO_LARGE", { params: { table: formatTableName(sourceTable), side: "source" } });
      }
      if (bytes.length < needed) break;
      yield bytes.subarray(HEADER_BYTES, needed);
      bytes = bytes.subarray(needed);
    }
    pieces = [bytes];
    held = bytes.length;
  }
}

/** The number of fields, then each with its length, -1 for null. */
function binaryRow(payload: Buffer): SourceRow {
  const fields = payload.readInt16BE(0);
  let at = 2;
  for (let field = 1; field < fields; field++) {
    at += LENGTH_BYTES + Math.max(0, payload.readInt32BE(at));
  }
  const data = Buffer.from(payload.subarray(0, at));
  data.writeInt16BE(fields - 1, 0);
  return withNotes(data, payload.toString("utf8", at + LENGTH_BYTES));
}

/** Fields between tabs; a tab inside of a value is written out. JSON holds none of what COPY writes out but backslashes. */
function textRow(payload: Buffer, plan: TablePlan): SourceRow {
  const tab = payload.lastIndexOf(TAB);
  const line = Buffer.concat([payload.subarray(0, Math.max(0, tab)), Buffer.of(NEWLINE)]);
  const data = plan.wireFormat === BATCHES ? packRow(decodeMessages(framed(line), batchTypesOf(plan)), 0) : line;
  return withNotes(data, payload.toString("utf8", tab + 1, payload.length - 1).replaceAll("\\\\", "\\"));
}

const withNotes = (data: Buffer, notes: string): SourceRow => ({ data, ...readNotes(notes) });

/** What `rowNotesSql` has made of a row. */
export function readNotes(notes: string): Omit<SourceRow, "data"> {
  const [sum, xor, values] = JSON.parse(notes) as [string | null, string | null, (string | null)[] | null];
  return { digest: sum === null || xor === null ? null : rowDigest(sum, xor), values };
}

/** The rows in the plan's wire format, as a source sends them. */
export function streamOf({ wireFormat }: TablePlan, rows: readonly Uint8Array[]): Readable {
  if (wireFormat === BATCHES) return Readable.from([unpackRows(rows)]);
  const payloads = wireFormat === PG_BINARY ? [BINARY_HEADER, ...rows, BINARY_TRAILER] : rows;
  return Readable.from([Buffer.concat(payloads.map(framed))]);
}

const framed = (payload: Uint8Array): Buffer => Buffer.concat([headerOf(payload), payload]);

function headerOf({ length }: Uint8Array): Buffer {
  const header = Buffer.alloc(HEADER_BYTES, MESSAGE.copyData);
  header.writeUInt32BE(LENGTH_BYTES + length, 1);
  return header;
}
