import type { LateQuarantine, LateRow, LoadResult, RowRefusal, TablePlan } from "@millrace/engine";
import type { Digest, TableName } from "@millrace/shared";
import { digestWithout } from "./postgres-digest.ts";
import { quoteIdentifier, quoteTable } from "./postgres-identifiers.ts";
import type { Fault } from "./postgres-key-faults.ts";
import { readNotes, rowNotesSql } from "./postgres-rows.ts";
import type { PostgresSession } from "./postgres-session.ts";

/** Rows that are refused only once all of them are loaded: how they are taken out again, whatever refuses them. */

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
