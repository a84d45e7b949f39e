import type { LateQuarantine, LateRow, LoadResult, RowRefusal, TablePlan } from "@millrace/engine";
import type { AppError, Digest, TableName } from "@millrace/shared";
import { digestWithout } from "./postgres-digest.ts";
import { type Refused, refusedFor } from "./postgres-errors.ts";
import { quoteIdentifier, quoteTable } from "./postgres-identifiers.ts";
import { type Fault, foreignKeyOf, orphans, uniqueIndexOf } from "./postgres-key-faults.ts";
import { readNotes, rowNotesSql } from "./postgres-rows.ts";
import type { PostgresSession } from "./postgres-session.ts";
import type { StructurePlan } from "./postgres-structure.ts";

/**
 * Rows that are refused only once all of them are loaded. How they are taken out again is the same whatever refuses them; here as
 * well which rows those are that a key or a foreign key of a replaced table refuses when it is built over all of them. The table
 * that is being replaced still has that key, so the catalog tells what it is made of.
 */

/** Takes the rows out that `error` is about, which it throws where it finds none. Resolves to what is loaded without them. */
export async function setAsideFor(
  session: PostgresSession,
  plan: TablePlan,
  structure: StructurePlan,
  loaded: LoadResult,
  error: AppError,
  late: LateQuarantine,
): Promise<LoadResult> {
  const refused = refusedFor(error);
  const fault = refused?.constraint == null ? null : await faultOf(session, plan, structure, refused);
  if (!refused || !fault) throw error;
  const refusal = { error, sqlstate: refused.sqlstate, column: fault.columns };
  const left = await takeOut(session, plan, structure.loadTable, loaded, fault, refusal, late);
  if (left.rowCount === loaded.rowCount) throw error;
  return left;
}

async function faultOf(
  session: PostgresSession,
  plan: TablePlan,
  { loadTable, realNames }: StructurePlan,
  { sqlstate, constraint }: Refused,
): Promise<Fault | null> {
  const name = realNames.get(constraint ?? "") ?? constraint ?? "";
  const table = quoteTable(plan.destinationTable);
  if (sqlstate === "23505") return duplicates(session, plan, table, name, loadTable);
  if (sqlstate !== "23503") return null;
  const key = await foreignKeyOf(session, table, name);
  return key && orphans(key, quoteTable(loadTable), key.isToItself ? quoteTable(loadTable) : key.referredTable);
}

/**
 * Of rows with equal keys the one stays whose text comes first, byte by byte in the order of the columns: the same one
 * whatever the order in which chunks arrived.
 */
async function duplicates(
  session: PostgresSession,
  { columns }: TablePlan,
  table: string,
  index: string,
  loadTable: StructurePlan["loadTable"],
): Promise<Fault | null> {
  const found = await uniqueIndexOf(session, table, index);
  if (!found) return null;
  const { keys, condition } = found;
  const order = `row(${columns.map(({ name }) => quoteIdentifier(name)).join(", ")})::text collate "C", ctid`;
  const numbered = `select ctid as at, row_number() over (partition by ${keys.join(", ")} order by ${order}) as number
    from ${quoteTable(loadTable)}${condition === null ? "" : ` where ${condition}`}`;
  return { rows: `select at from (${numbered}) as numbered where number > 1`, columns: found.columns };
}

/** So many rows at the most are in memory at once: of 256 KB each, since larger ones are kept without their values. */
const ROWS_AT_ONCE = 200;

/**
 * Takes the rows at fault out of the loaded table and gives them to `late`, one batch after the other, up to one more than may be
 * set aside. They are looked for once, which takes a sort or a join of the whole table. Resolves to what is loaded without them.
 */
export async function takeOut(
  session: PostgresSession,
  plan: TablePlan,
  loadTable: TableName,
  loaded: LoadResult,
  fault: Pick<Fault, "rows">,
  refusal: RowRefusal,
  late: LateQuarantine,
): Promise<LoadResult> {
  const { columns, digestMethod } = plan;
  const values = columns.map(({ name, hashedAs }) => ({ value: `t.${quoteIdentifier(name)}`, hashedAs }));
  const notesSql = rowNotesSql(digestMethod, values);
  let left = loaded;
  // In the order of their pages; without an order the planner would take a cursor for a reason to search row by row.
  await session.query(
    `declare ${CURSOR} no scroll cursor for select at from (${fault.rows}) as fault order by at limit ${late.room + 1}`,
  );
  for (;;) {
    const found = await session.query<{ at: string }>(`fetch ${ROWS_AT_ONCE} from ${CURSOR}`);
    if (found.length === 0) break;
    const deleted = await session.query<{ notes: string }>(
      `delete from ${quoteTable(loadTable)} t where t.ctid = any($1::tid[]) returning ${notesSql} as notes`,
      [found.map(({ at }) => at)],
    );
    const rows = deleted.map(({ notes }): LateRow => ({ ...readNotes(notes), refusal }));
    await late.keep(rows);
    left = withoutRows(plan, left, rows);
  }
  await session.query(`close ${CURSOR}`);
  return left;
}

const CURSOR = "millrace_rows_at_fault";

function withoutRows({ digestMethod }: TablePlan, loaded: LoadResult, rows: readonly LateRow[]): LoadResult {
  const digests = rows.flatMap(({ digest }) => digest ?? []);
  const less = (digest: Digest | null) => digest && digestWithout(digestMethod ?? "text", digest, digests);
  return {
    ...loaded,
    rowCount: loaded.rowCount - rows.length,
    sourceDigest: less(loaded.sourceDigest),
    destinationDigest: less(loaded.destinationDigest),
  };
}
