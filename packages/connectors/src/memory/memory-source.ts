import { setImmediate as nextTurn } from "node:timers/promises";
import { Readable } from "node:stream";
import {
  BATCH_BYTES,
  BATCHES,
  batchOf,
  type Chunk,
  type ColumnMapping,
  type CursorRange,
  packRow,
  type SourceRead,
  type SourceReader,
  type SourceRow,
  type SourceSession,
  type SourceSide,
  type TableDescription,
  type TablePlan,
  WHOLE_TABLE,
} from "@millrace/engine";
import { AppError, type Digest, formatTableName, toAppError } from "@millrace/shared";
import { assertCursor, lookAtCursor, rowsInRange } from "./memory-cursor.ts";
import type { MemoryTable } from "./memory-database.ts";
import { describe, previewOf, tableOf } from "./memory-describe.ts";
import { digestOf, digestWithout } from "./memory-digest.ts";
import type { MemorySession } from "./memory-session.ts";
import { type MemoryType, type Row, toBytes } from "./memory-types.ts";

export function memorySource(session: MemorySession): SourceSide {
  const found = (table: Parameters<SourceSide["begin"]>[0]): MemoryTable => {
    const known = session.database.table(table);
    if (known) return known;
    throw new AppError("SOURCE_TABLE_MISSING", { params: { table: formatTableName(table), side: "source" } });
  };
  return {
    emits: () => [BATCHES],
    assertCursor,
    lookAtCursor: (table, request, signal) =>
      session.run(signal, () => {
        const known = found(table);
        assertCursor(describe(table, known), request.policy);
        return lookAtCursor(known, request);
      }),
    begin: (table, signal) =>
      session.run(signal, () => new MemorySnapshot(session, describe(table, found(table)), signal)),
  };
}

/** How many rows are looked at before others have their turn. */
const WINDOW_ROWS = 1000;

class MemoryReader implements SourceReader {
  protected readonly session: MemorySession;
  protected readonly signal: AbortSignal;
  protected readonly table: MemoryTable;
  protected rows: readonly Row[];

  constructor(session: MemorySession, table: MemoryTable, rows: readonly Row[], signal: AbortSignal) {
    this.session = session;
    this.table = table;
    this.rows = rows;
    this.signal = signal;
  }

  read(plan: TablePlan, chunk: Chunk): SourceRead {
    return this.send(plan.columns, rowsOf(this.rows, chunk));
  }

  protected send(columns: readonly ColumnMapping[], rows: readonly Row[]): SourceRead {
    let rowCount = 0;
    let byteCount = 0;
    const { session, signal, table } = this;
    const types = typesOf(table, columns);
    async function* batches() {
      for (const window of windowsOf(rows, table, columns)) {
        await nextTurn();
        session.assertOpen(signal);
        const batch = batchOf(
          types,
          window.map((row) => row.map((value, at) => toBytes(types[at] ?? "text", value))),
        );
        rowCount += window.length;
        byteCount += batch.bytes.length;
        yield batch;
      }
    }
    return {
      stream: Readable.from(batches(), { highWaterMark: 1 }),
      toError: toAppError,
      rowCount: () => rowCount,
      byteCount: () => byteCount,
    };
  }

  digest({ columns }: TablePlan, chunk: Chunk, without: readonly Digest[] = []): Promise<Digest> {
    return this.session.run(this.signal, () =>
      digestWithout(digestOf(project(rowsOf(this.rows, chunk), this.table, columns)), without),
    );
  }

  async *readRows({ columns }: TablePlan, chunk: Chunk): AsyncIterable<readonly SourceRow[]> {
    const types = typesOf(this.table, columns);
    for (const window of windowsOf(rowsOf(this.rows, chunk), this.table, columns)) {
      await nextTurn();
      this.session.assertOpen(this.signal);
      yield window.map((row): SourceRow => {
        const batch = batchOf(types, [row.map((value, at) => toBytes(types[at] ?? "text", value))]);
        return { data: packRow(batch, 0), digest: digestOf([row]), values: row };
      });
    }
  }

  async close(): Promise<void> {}
}

class MemorySnapshot extends MemoryReader implements SourceSession {
  readonly base: TableDescription;
  readonly description: TableDescription;
  readonly columns: SourceSession["columns"];
  readonly refusals = [];
  #isNarrow = false;

  constructor(session: MemorySession, description: TableDescription, signal: AbortSignal) {
    const table = tableOf(description);
    super(session, table, table.rows, signal);
    this.base = description;
    this.description = description;
    this.columns = description.columns.map(({ name, type }) => ({
      source: name,
      sourceType: type,
      name,
      isKept: true,
      refusal: null,
    }));
  }

  preview(limit: number) {
    return this.session.run(this.signal, () => previewOf(this.table, limit));
  }

  narrow(range: CursorRange): Promise<number> {
    return this.session.run(this.signal, () => {
      const { rows, nullCount } = rowsInRange(formatTableName(this.base), this.table, range);
      this.rows = rows;
      this.#isNarrow = range.from !== null || range.to !== null;
      return nullCount;
    });
  }

  /** By the place of a row in its table, which it keeps as long as nothing before it goes. */
  chunks(_plan: TablePlan, targetBytes: number): Promise<readonly Chunk[]> {
    return this.session.run(this.signal, () => {
      const rowsPerChunk = Math.max(1, Math.floor(targetBytes / bytesPerRow(this.rows)));
      const count = Math.ceil(this.rows.length / rowsPerChunk);
      if (this.#isNarrow || count <= 1) return [WHOLE_TABLE];
      return Array.from({ length: count }, (_chunk, index) => {
        const end = index === count - 1 ? "" : String((index + 1) * rowsPerChunk);
        return { index, condition: `${index * rowsPerChunk}..${end}` };
      });
    });
  }

  readKeys({ keyColumns }: TablePlan): SourceRead {
    return this.send(keyColumns, this.table.rows);
  }

  openReader(): Promise<SourceReader> {
    return this.session.run(this.signal, () => new MemoryReader(this.session, this.table, this.rows, this.signal));
  }
}

function bytesPerRow(rows: readonly Row[]): number {
  const sample = rows.slice(0, 100);
  const bytes = sample.reduce((sum, row) => sum + row.reduce((all, value) => all + (value?.length ?? 0), 0), 0);
  return Math.max(1, bytes / Math.max(1, sample.length));
}

/** `10..20` are the rows from the tenth up to, and without, the twentieth. */
function rowsOf(rows: readonly Row[], { condition }: Chunk): readonly Row[] {
  if (condition === null) return rows;
  const [from = "0", to = ""] = condition.split("..");
  return rows.slice(Number(from), to === "" ? undefined : Number(to));
}

/** A plan's `expression` is the name of a column. */
const placesOf = (table: MemoryTable, columns: readonly ColumnMapping[]): number[] =>
  columns.map(({ expression }) => table.columns.findIndex(({ name }) => name === expression));

const typesOf = (table: MemoryTable, columns: readonly ColumnMapping[]): MemoryType[] =>
  placesOf(table, columns).map((at) => table.columns[at]?.type ?? "text");

function* project(rows: readonly Row[], table: MemoryTable, columns: readonly ColumnMapping[]): Generator<Row> {
  const places = placesOf(table, columns);
  for (const row of rows) yield places.map((at) => row[at] ?? null);
}

/** In windows that a batch can hold. */
function* windowsOf(rows: readonly Row[], table: MemoryTable, columns: readonly ColumnMapping[]): Generator<Row[]> {
  let window: Row[] = [];
  let bytes = 0;
  for (const row of project(rows, table, columns)) {
    window.push(row);
    bytes += row.reduce((sum, value) => sum + (value?.length ?? 0), 0);
    if (window.length < WINDOW_ROWS && bytes < BATCH_BYTES) continue;
    yield window;
    window = [];
    bytes = 0;
  }
  if (window.length > 0) yield window;
}
