import {
  failpoint,
  type Chunk,
  type CursorRange,
  type RunMapping,
  type SourceColumn,
  type SourceReader,
  type SourceSession,
  type SourceSide,
  type TableDescription,
  type TablePlan,
  WHOLE_TABLE,
} from "@millrace/engine";
import {
  AppError,
  formatTableName,
  needsMaskKey,
  type RowPreview,
  type SourceQuery,
  type TableName,
} from "@millrace/shared";
import { readerName } from "./postgres-barrier.ts";
import { describeInTransaction, detailOf } from "./postgres-catalog.ts";
import { splitTable } from "./postgres-chunks.ts";
import { assertCursor, countNullCursors, cursorConditions, lookAtCursor } from "./postgres-cursor.ts";
import { quoteLiteral, quoteTable } from "./postgres-identifiers.ts";
import { type MappedSource, mapSource } from "./postgres-mapping.ts";
import { setMaskKey } from "./postgres-mask-key.ts";
import { previewRows } from "./postgres-preview.ts";
import { describeQuery, queryRelation } from "./postgres-query.ts";
import { SnapshotReader } from "./postgres-reader.ts";
import { type PostgresRelation, wholeRelation } from "./postgres-select.ts";
import type { PostgresSession } from "./postgres-session.ts";
import { emits } from "./postgres-wire-formats.ts";

/** PostgreSQL as a source: one `repeatable read` transaction whose snapshot other sessions may read from as well. */
export function postgresSource(session: PostgresSession): SourceSide {
  return {
    emits,
    assertCursor,
    lookAtCursor: (table, request, signal) =>
      session.abortable(signal, () => lookAtCursor(session, table, request, signal)),
    begin: (table, signal, mapping) =>
      session.abortable(signal, () =>
        mapping?.mapping.query
          ? beginQuery(session, table, signal, { ...mapping, query: mapping.mapping.query })
          : beginTable(session, table, signal, mapping),
      ),
  };
}

async function beginTable(
  session: PostgresSession,
  table: TableName,
  signal: AbortSignal,
  mapping: RunMapping | undefined,
): Promise<SourceSession> {
  const [found] = await session.query<{ relkind: string }>(
    `select c.relkind::text, set_config('application_name', '${readerName()}', false)
     from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p', 'v', 'm', 'f')`,
    [table.schema, table.name],
  );
  if (!found) throw missing(table);
  return inTransaction(session, async () => {
    // Locked before the snapshot is taken: what is described and read is then what stands there, and stays. Only these two
    // kinds can be locked; a view of another shape makes COPY fail instead.
    if (["r", "p"].includes(found.relkind)) await lock(session, table);
    const description = await describeInTransaction(session, table);
    if (!description) throw missing(table);
    const whole = wholeRelation(table);
    const source = mapping ? await mapSource(session, description, whole, mapping) : asItIs(description, whole);
    return openSnapshot(session, source, { maskKey: maskKeyOf(mapping), limitMs: 0 }, signal);
  });
}

async function beginQuery(
  session: PostgresSession,
  table: TableName,
  signal: AbortSignal,
  mapping: RunMapping & { readonly query: SourceQuery },
): Promise<SourceSession> {
  const { query } = mapping;
  return inTransaction(session, async () => {
    const whole = queryRelation(table, query);
    const description = await describeQuery(session, table, query, whole);
    const source = await mapSource(session, description, whole, mapping);
    return openSnapshot(session, source, { maskKey: maskKeyOf(mapping), limitMs: query.minutes * 60_000 }, signal);
  });
}

async function inTransaction<Result>(session: PostgresSession, work: () => Promise<Result>): Promise<Result> {
  await session.query("begin isolation level repeatable read, read only");
  try {
    return await work();
  } catch (error) {
    await session.query("rollback").catch(() => {});
    throw error;
  }
}

const asItIs = (description: TableDescription, relation: PostgresRelation): MappedSource => ({
  relation,
  base: description,
  description,
  columns: description.columns.map(({ name, type }) => ({
    source: name,
    sourceType: type,
    name,
    isKept: true,
    refusal: null,
  })),
  refusals: [],
});

/** A key that nothing needs does not travel. */
const maskKeyOf = (mapping: RunMapping | undefined): string | null =>
  mapping && needsMaskKey(mapping.mapping) ? mapping.maskKey : null;

/** What a session that reads has to know besides the snapshot, until the end of its transaction. */
interface ReadSettings {
  readonly maskKey: string | null;
  /** Of one statement; 0 for none. */
  readonly limitMs: number;
}

async function applySettings(session: PostgresSession, { maskKey, limitMs }: ReadSettings): Promise<void> {
  if (maskKey !== null) await setMaskKey(session, maskKey);
  if (limitMs > 0) await session.query("select set_config('statement_timeout', $1, true)", [String(limitMs)]);
}

async function openSnapshot(
  session: PostgresSession,
  source: MappedSource,
  settings: ReadSettings,
  signal: AbortSignal,
): Promise<SourceSession> {
  await applySettings(session, settings);
  return new Snapshot(session, source, settings, signal);
}

async function lock(session: PostgresSession, table: TableName): Promise<void> {
  try {
    await session.client.query(`lock table ${quoteTable(table)} in access share mode`);
  } catch (error) {
    const known = session.toError(error, formatTableName(table));
    // It was there a moment ago.
    throw known.code === "SOURCE_TABLE_MISSING" ? missing(table) : known;
  }
}

const missing = (table: TableName) =>
  new AppError("SOURCE_TABLE_MISSING", { params: { table: formatTableName(table), side: "source" } });

/** The session that holds the snapshot, which is also its first reader. */
class Snapshot extends SnapshotReader implements SourceSession {
  readonly base: TableDescription;
  readonly description: TableDescription;
  readonly columns: readonly SourceColumn[];
  readonly refusals: readonly AppError[];
  readonly #session: PostgresSession;
  readonly #settings: ReadSettings;
  readonly #signal: AbortSignal;
  #isNarrow = false;
  #exported: Promise<string> | undefined;
  #isClosed = false;

  constructor(session: PostgresSession, source: MappedSource, settings: ReadSettings, signal: AbortSignal) {
    super(session, source.relation, signal, detailOf(source.base).relkind === "r");
    this.#session = session;
    this.#settings = settings;
    this.base = source.base;
    this.description = source.description;
    this.columns = source.columns;
    this.refusals = source.refusals;
    this.#signal = signal;
  }

  preview(limit: number): Promise<RowPreview> {
    return this.#session.abortable(this.#signal, () =>
      previewRows(this.#session, this.relation, this.description, limit),
    );
  }

  narrow(range: CursorRange): Promise<number> {
    return this.#session.abortable(this.#signal, async () => {
      const count = await countNullCursors(this.#session, this.base, range);
      this.addConditions(cursorConditions(range));
      this.#isNarrow = range.from !== null || range.to !== null;
      return count;
    });
  }

  /** A part of the table by its cursor is one chunk: an index finds it, which a range of pages would have to be read for. */
  async chunks(plan: TablePlan, targetBytes: number): Promise<readonly Chunk[]> {
    if (this.#isNarrow) return [WHOLE_TABLE];
    return this.#session.abortable(this.#signal, () => splitTable(this.#session, this.description, plan, targetBytes));
  }

  async openReader(): Promise<SourceReader> {
    const signal = this.#signal;
    this.#exported ??= this.#session.abortable(signal, () => exportSnapshot(this.#session));
    const snapshot = await this.#exported;
    await failpoint("after-snapshot-export");
    const session = await this.#session.reopen(signal);
    try {
      await session.abortable(signal, async () => {
        await session.query("begin isolation level repeatable read, read only");
        await session.query(`set transaction snapshot ${quoteLiteral(snapshot)}`);
        await session.query(`set local application_name = ${quoteLiteral(readerName())}`);
        await applySettings(session, this.#settings);
      });
      return new SnapshotReader(session, this.relation, signal, this.hasPlaces);
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  override async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.isReading) await this.#session.close();
    else await this.#session.query("rollback").catch(() => {});
  }
}

async function exportSnapshot(session: PostgresSession): Promise<string> {
  const [row] = await session.query<{ id: string }>("select pg_export_snapshot() as id");
  return row?.id ?? "";
}
