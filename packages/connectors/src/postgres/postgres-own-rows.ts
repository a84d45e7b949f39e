import type { TablePlan } from "@millrace/engine";
import type { Digest } from "@millrace/shared";
import { readDigest } from "./postgres-digest.ts";
import { quoteIdentifier, quoteTable } from "./postgres-identifiers.ts";
import type { PostgresSession } from "./postgres-session.ts";
import { execute } from "./postgres-setup.ts";
import type { StructurePlan } from "./postgres-structure.ts";

/** What of a table's rows is the open transaction's own, and the digest of these. */

/** The transaction and its open savepoints that have written: their ids are what rows carry as xmin. */
const OWN_IDS = `
select transactionid::text as id from pg_catalog.pg_locks
where locktype = 'transactionid' and mode = 'ExclusiveLock' and pid = pg_backend_pid()`;

export async function ownIds(session: PostgresSession): Promise<string[]> {
  return (await session.query<{ id: string }>(OWN_IDS)).map(({ id }) => id);
}

/** Constraint triggers may wait for the end of the transaction, where nobody looks any more at what they do. */
const FIRE_TRIGGERS = "set constraints all immediate";

/** The digest of a whole table. */
export function digestTable(session: PostgresSession, plan: TablePlan, { loadTable }: StructurePlan): Promise<Digest> {
  return digestFrom(session, plan, quoteTable(loadTable));
}

/**
 * The digest of the rows that the open transaction has put into a table that others write to as well: those that carry its
 * id, or one of `ids` where savepoints have written them. Nearly always all of them are at or behind `firstPage`, so that the
 * rest need not be read; else some have filled gaps before it. Whatever triggers were put off to the end of the transaction
 * fire now, so that nothing changes the rows after they were looked at.
 */
export async function digestOwnRows(
  session: PostgresSession,
  plan: TablePlan,
  { loadTable }: Pick<StructurePlan, "loadTable">,
  firstPage: number,
  rowsWritten: number,
  ids: readonly string[] = [],
): Promise<Digest> {
  const isMine =
    ids.length === 0 ? "= (select pg_current_xact_id()::xid)" : `= any ('{${ids.join(",")}}'::pg_catalog.xid[])`;
  await execute(session, plan, FIRE_TRIGGERS);
  const mine = `${quoteTable(loadTable)} where xmin ${isMine}`;
  if (firstPage > 0) {
    const behind = await digestFrom(session, plan, `${mine} and ctid >= '(${firstPage},0)'::tid`);
    if (behind.rowCount === rowsWritten) return behind;
  }
  return digestFrom(session, plan, mine);
}

function digestFrom(session: PostgresSession, { columns, digestMethod }: TablePlan, from: string): Promise<Digest> {
  const values = columns.map((column) => ({ value: quoteIdentifier(column.name), hashedAs: column.hashedAs }));
  return readDigest(session, digestMethod ?? "text", values, from);
}
