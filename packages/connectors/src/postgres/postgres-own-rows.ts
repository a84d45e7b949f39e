import type { KeyedOptions, KeyedReader, TablePlan } from "@millrace/engine";
import type { Digest } from "@millrace/shared";
import { type HashedValue, readDigest } from "./postgres-digest.ts";
import { quoteIdentifier, quoteTable } from "./postgres-identifiers.ts";
import { PostgresKeyedReader } from "./postgres-keyed-reader.ts";
import type { PostgresSession } from "./postgres-session.ts";
import { execute } from "./postgres-setup.ts";
import type { StructurePlan } from "./postgres-structure.ts";

/** What of a table's rows is the open transaction's own, and the digest of these. */

/** The transaction and its open savepoints that have written: their ids are what rows carry as xmin. */
const OWN_IDS = `from pg_catalog.pg_locks
where locktype = 'transactionid' and mode = 'ExclusiveLock' and pid = pg_backend_pid()`;

export async function ownIds(session: PostgresSession): Promise<string[]> {
  const rows = await session.query<{ id: string }>(`select transactionid::text as id ${OWN_IDS}`);
  return rows.map(({ id }) => id);
}

/** Constraint triggers may wait for the end of the transaction, where nobody looks any more at what they do. */
export const FIRE_TRIGGERS = "set constraints all immediate";

/** Rows that an open transaction has written: what they add up to, and what stands behind `from` to read them again. */
export interface OwnRows {
  readonly digest: Digest;
  readonly from: string;
}

/** All rows of the table, where nobody else writes to it. */
export function wholeTable(session: PostgresSession, plan: TablePlan, { loadTable }: StructurePlan): Promise<OwnRows> {
  return digested(session, plan, quoteTable(loadTable));
}

/**
 * The rows that the open transaction has put into a table that others write to as well: those that carry its id, or one of
 * `ids` where savepoints have written them. Nearly always all of them are at or behind `firstPage`, so that the rest need not
 * be read; else some have filled gaps before it. Whatever triggers were put off to the end of the transaction fire now, so
 * that nothing changes the rows after they were looked at.
 */
export async function findOwnRows(
  session: PostgresSession,
  plan: TablePlan,
  { loadTable }: Pick<StructurePlan, "loadTable">,
  firstPage: number,
  rowsWritten: number,
  ids: readonly string[] = [],
): Promise<OwnRows> {
  const isMine =
    ids.length === 0 ? "= (select pg_current_xact_id()::xid)" : `= any ('{${ids.join(",")}}'::pg_catalog.xid[])`;
  await execute(session, plan, FIRE_TRIGGERS);
  const mine = `${quoteTable(loadTable)} where xmin ${isMine}`;
  if (firstPage > 0) {
    const behind = await digested(session, plan, `${mine} and ctid >= '(${firstPage},0)'::tid`);
    if (behind.digest.rowCount === rowsWritten) return behind;
  }
  return digested(session, plan, mine);
}

async function digested(session: PostgresSession, plan: TablePlan, from: string): Promise<OwnRows> {
  return { from, digest: await readDigest(session, plan.digestMethod ?? "text", arrivedValues(plan), from) };
}

/** The rows that open savepoints have written, not the transaction itself. */
export const savepointRows = ({ destinationTable }: TablePlan): string =>
  `${quoteTable(destinationTable)} where xmin = any (array(select transactionid ${OWN_IDS}))
     and xmin <> (select pg_current_xact_id()::xid)`;

/** See `ChunkWriter.keyed`. */
export const keyedOwnRows = (
  session: PostgresSession,
  plan: TablePlan,
  from: string,
  key: readonly string[],
  signal: AbortSignal,
  { without = [] }: Pick<KeyedOptions, "without"> = {},
): KeyedReader =>
  new PostgresKeyedReader(session, plan, key, { from, values: arrivedValues(plan) }, signal, { without });

/** The plan's columns under the names that they have at the destination. */
export const arrivedValues = ({ columns }: Pick<TablePlan, "columns">): HashedValue[] =>
  columns.map(({ name, hashedAs }) => ({ value: quoteIdentifier(name), hashedAs }));
