import type { SourceRead, SourceSession, SourceSide, TableDescription, TablePlan } from "@millrace/engine";
import { AppError, type Digest, formatTableName, type TableName } from "@millrace/shared";
import { describeInTransaction } from "./postgres-catalog.ts";
import { CopyOut } from "./postgres-copy-out.ts";
import { readDigest } from "./postgres-digest.ts";
import { quoteTable } from "./postgres-identifiers.ts";
import { copyOutSql } from "./postgres-plan.ts";
import type { PostgresSession } from "./postgres-session.ts";

/** PostgreSQL as a source: one session, one `repeatable read` transaction, and everything is read in it. */
export function postgresSource(session: PostgresSession): SourceSide {
  return {
    begin: (table, signal) => session.abortable(signal, () => begin(session, table, signal)),
  };
}

async function begin(session: PostgresSession, table: TableName, signal: AbortSignal): Promise<SourceSession> {
  const [found] = await session.query<{ relkind: string }>(
    `select c.relkind::text from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p', 'v', 'm', 'f')`,
    [table.schema, table.name],
  );
  if (!found) throw missing(table);
  await session.query("begin isolation level repeatable read, read only");
  try {
    // Locked before the snapshot is taken: what is described and read is then what stands there, and stays. Only these two
    // kinds can be locked; a view of another shape makes COPY fail instead.
    if (["r", "p"].includes(found.relkind)) await lock(session, table);
    const description = await describeInTransaction(session, table);
    if (!description) throw missing(table);
    return new Snapshot(session, description, signal);
  } catch (error) {
    await session.query("rollback").catch(() => {});
    throw error;
  }
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

class Snapshot implements SourceSession {
  readonly description: TableDescription;
  readonly #session: PostgresSession;
  readonly #signal: AbortSignal;
  #isReading = false;
  #isClosed = false;

  constructor(session: PostgresSession, description: TableDescription, signal: AbortSignal) {
    this.#session = session;
    this.description = description;
    this.#signal = signal;
  }

  read(plan: TablePlan): SourceRead {
    const stream = this.#session.client.query(new CopyOut(copyOutSql(plan)));
    this.#isReading = true;
    stream.once("end", () => (this.#isReading = false));
    const closed = new AbortController();
    stream.once("close", () => closed.abort());
    this.#session.watch(closed.signal);
    return {
      stream,
      toError: (error) => this.#session.toError(error, formatTableName(plan.sourceTable)),
      rowCount: () => stream.rowCount,
      byteCount: () => stream.byteCount,
    };
  }

  digest(plan: TablePlan): Promise<Digest> {
    return this.#session.abortable(this.#signal, () =>
      readDigest(
        this.#session,
        plan.digestMethod ?? "text",
        plan.columns.map((column) => ({ value: column.expression, hashedAs: column.hashedAs })),
        quoteTable(plan.sourceTable),
      ),
    );
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // A COPY that nobody reads any more never ends by itself: only the end of the session stops it.
    if (this.#isReading) await this.#session.close();
    else await this.#session.query("rollback").catch(() => {});
  }
}
