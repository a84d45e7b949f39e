import { createHash } from "node:crypto";
import type { LoadResult, RunIdentity, TablePlan } from "@millrace/engine";
import { type Digest, formatTableName, type TableName } from "@millrace/shared";
import { readDigest } from "./postgres-digest.ts";
import { quoteIdentifier, quoteTable } from "./postgres-identifiers.ts";
import { type KeptTable, keptName } from "./postgres-kept-table.ts";
import { ensureTables, isTableThere } from "./postgres-own-schema.ts";
import type { PostgresSession } from "./postgres-session.ts";
import { type CarriedStructure, carriedStructure } from "./postgres-survey.ts";

/**
 * Where a destination remembers tables that were replaced and are kept, one for each pipeline and table: what belongs to
 * them, and what has taken their place, so that an undo can tell whether that is still what the run has published.
 */

const CREATE_TABLE = `create table if not exists _millrace.previous (
  pipeline_id uuid not null,
  stream text not null,
  -- The run that has replaced it, and its fence.
  run_id uuid not null,
  fence bigint not null,
  -- The kept table and what is put on again when it comes back.
  table_oid oid not null,
  carried jsonb not null,
  row_count bigint not null,
  -- The position of before.
  position jsonb,
  -- What the run has published: table, structure, and the rows by their digest.
  published_oid oid not null,
  structure text not null,
  digest jsonb not null,
  kept_until timestamptz not null,
  at timestamptz not null default now(),
  primary key (pipeline_id, stream)
)`;

export const ensurePreviousTable = (session: PostgresSession): Promise<void> =>
  ensureTables(session, "previous", [CREATE_TABLE]);

/** How the rows of a table are told from any others. */
interface RecordedDigest {
  readonly method: string;
  readonly columns: readonly { readonly name: string; readonly hashedAs: string | null }[];
  readonly digest: Digest;
}

/** What is only known while the table still stands in its place. */
interface Outgoing {
  readonly rowCount: string;
  readonly position: string | null;
}

/** In the open transaction, before the swap. From here on nobody writes to the table, or its rows would not be counted. */
export async function readOutgoing(
  session: PostgresSession,
  { pipelineId }: RunIdentity,
  { table }: KeptTable,
): Promise<Outgoing> {
  await session.query(`lock table ${quoteTable(table)} in share row exclusive mode`);
  const [counted] = await session.query<{ count: string }>(`select count(*)::text as count from ${quoteTable(table)}`);
  const [known] = await session.query<{ position: string | null }>(
    "select position::text from _millrace.position where pipeline_id = $1 and stream = $2",
    [pipelineId, formatTableName(table)],
  );
  return { rowCount: counted?.count ?? "0", position: known?.position ?? null };
}

/** In the transaction that has swapped the tables, last. */
export async function recordPrevious(
  session: PostgresSession,
  plan: TablePlan,
  identity: RunIdentity,
  { oid, table, carried, keepHours }: KeptTable,
  outgoing: Outgoing,
  loaded: LoadResult,
): Promise<void> {
  await session.query("set local search_path to ''");
  const publishedOid = await oidOf(session, table);
  const digest = await digestOf(session, plan, publishedOid, loaded);
  await session.query(
    `insert into _millrace.previous (pipeline_id, stream, run_id, fence, table_oid, carried, row_count, position,
       published_oid, structure, digest, kept_until)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, now() + make_interval(hours => $12))`,
    [
      identity.pipelineId,
      formatTableName(table),
      identity.runId,
      String(identity.fence),
      oid,
      JSON.stringify(carried),
      outgoing.rowCount,
      outgoing.position,
      publishedOid,
      await structureDigest(session, publishedOid),
      JSON.stringify(digest),
      keepHours,
    ],
  );
}

export async function oidOf(session: PostgresSession, table: TableName): Promise<string> {
  const [found] = await session.query<{ oid: string | null }>("select to_regclass($1)::oid::text as oid", [
    quoteTable(table),
  ]);
  return found?.oid ?? "0";
}

/**
 * The run's own digest where it speaks of every column. Else, where the destination has columns of its own or the run was not
 * verified, one more that does: a change that no digest sees would be lost.
 */
async function digestOf(
  session: PostgresSession,
  plan: TablePlan,
  oid: string,
  { destinationDigest }: LoadResult,
): Promise<RecordedDigest> {
  const rows = await session.query<{ name: string }>(
    `select attname as name from pg_catalog.pg_attribute
     where attrelid = $1::oid and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`,
    [oid],
  );
  const arrived = new Set(plan.columns.map(({ name }) => name));
  if (destinationDigest !== null && plan.digestMethod !== null && rows.every(({ name }) => arrived.has(name))) {
    const columns = plan.columns.map(({ name, hashedAs }) => ({ name, hashedAs }));
    return { method: plan.digestMethod, columns, digest: destinationDigest };
  }
  const method = session.serverVersion < 140_000 ? "text-13" : "text";
  const columns = rows.map(({ name }) => ({ name, hashedAs: null }));
  return { method, columns, digest: await digestAgain(session, plan.destinationTable, { method, columns }) };
}

export function digestAgain(
  session: PostgresSession,
  table: TableName,
  { method, columns }: Omit<RecordedDigest, "digest">,
): Promise<Digest> {
  const values = columns.map(({ name, hashedAs }) => ({ value: quoteIdentifier(name), hashedAs }));
  return readDigest(session, method, values, quoteTable(table));
}

const COLUMNS = `
select coalesce(jsonb_agg(jsonb_build_array(a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
  a.attgenerated, pg_catalog.pg_get_expr(d.adbin, d.adrelid), pg_catalog.col_description(a.attrelid, a.attnum)) order by a.attnum), '[]')::text as columns,
  (select coalesce(jsonb_agg(jsonb_build_array(k.conname, pg_catalog.pg_get_constraintdef(k.oid)) order by k.conname), '[]')
    from pg_catalog.pg_constraint k where k.conrelid = $1::oid)::text as constraints
from pg_catalog.pg_attribute a
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where a.attrelid = $1::oid and a.attnum > 0 and not a.attisdropped`;

/** All that a table is besides its rows. Names are only comparable while the search path is empty. */
export async function structureDigest(session: PostgresSession, oid: string): Promise<string> {
  const carried = await carriedStructure(session, oid);
  const [row] = await session.query<{ columns: string; constraints: string }>(COLUMNS, [oid]);
  // What new tables would get is no part of this one.
  const parts = [{ ...carried, defaultGrantees: [] }, row?.columns, row?.constraints];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

interface PreviousRow {
  readonly run_id: string;
  readonly table_oid: string;
  readonly carried: string;
  readonly row_count: string;
  readonly position: string | null;
  readonly published_oid: string;
  readonly structure: string;
  readonly digest: string;
  readonly kept_until: string;
  readonly is_expired: boolean;
  readonly is_there: boolean;
}

/** A replaced table that is on record. */
export interface Previous {
  readonly runId: string;
  readonly oid: string;
  readonly table: TableName;
  readonly carried: CarriedStructure;
  readonly rowCount: number;
  /** As JSON; null where nothing had been committed before. */
  readonly position: string | null;
  readonly publishedOid: string;
  readonly structure: string;
  readonly recorded: RecordedDigest;
  readonly keptUntil: Date;
  readonly isExpired: boolean;
  /** Whether the table itself is where it was put. */
  readonly isThere: boolean;
}

/** `locks`: nobody else takes it up or away until the end of the transaction. */
export async function findPrevious(
  session: PostgresSession,
  pipelineId: string,
  table: TableName,
  { locks }: { readonly locks: boolean },
): Promise<Previous | null> {
  if (!(await isTableThere(session, "previous"))) return null;
  const [row] = await session.query<PreviousRow>(
    `select run_id::text, table_oid::text, carried::text, row_count::text, position::text, published_oid::text, structure, digest::text,
       to_char(kept_until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as kept_until, kept_until <= now() as is_expired,
       exists (select from pg_catalog.pg_class c where c.oid = table_oid and c.relnamespace = '_millrace'::regnamespace) as is_there
     from _millrace.previous where pipeline_id = $1 and stream = $2 ${locks ? "for update" : ""}`,
    [pipelineId, formatTableName(table)],
  );
  if (!row) return null;
  return {
    runId: row.run_id,
    oid: row.table_oid,
    table,
    carried: JSON.parse(row.carried) as CarriedStructure,
    rowCount: Number(row.row_count),
    position: row.position,
    publishedOid: row.published_oid,
    structure: row.structure,
    recorded: JSON.parse(row.digest) as RecordedDigest,
    keptUntil: new Date(row.kept_until),
    isExpired: row.is_expired,
    isThere: row.is_there,
  };
}

const dropKept = (session: PostgresSession, oid: string) =>
  session.query(`drop table if exists ${quoteTable(keptName({ oid }))}`);

/** In the transaction that publishes another run: the one before it cannot be undone any more. */
export async function dropSuperseded(
  session: PostgresSession,
  { pipelineId }: RunIdentity,
  table: TableName,
): Promise<void> {
  if (!(await isTableThere(session, "previous"))) return;
  const gone = await session.query<{ table_oid: string }>(
    "delete from _millrace.previous where pipeline_id = $1 and stream = $2 returning table_oid::text",
    [pipelineId, formatTableName(table)],
  );
  for (const { table_oid } of gone) await dropKept(session, table_oid);
}

/**
 * Drops the tables of any pipeline whose time is over. A load begins with this, outside of any transaction; what cannot be
 * dropped, because another user owns it or somebody is just undoing, stops nobody.
 */
export async function dropExpired(session: PostgresSession): Promise<void> {
  if (!(await isTableThere(session, "previous"))) return;
  const expired = await session.query<{ table_oid: string }>(
    "select table_oid::text from _millrace.previous where kept_until <= now()",
  );
  for (const { table_oid } of expired) {
    await session.query("begin");
    try {
      const mine = await session.query(
        `delete from _millrace.previous where (pipeline_id, stream) in (
           select pipeline_id, stream from _millrace.previous where table_oid = $1::oid and kept_until <= now()
           for update skip locked) returning table_oid::text`,
        [table_oid],
      );
      if (mine.length > 0) await dropKept(session, table_oid);
      await session.query("commit");
    } catch {
      await session.query("rollback").catch(() => {});
    }
  }
}
