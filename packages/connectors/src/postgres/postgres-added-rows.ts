import { digestMismatch, type LoadResult, type TablePlan } from "@millrace/engine";
import { AppError, describeRows, type Digest, digestsEqual, formatTableName } from "@millrace/shared";
import { findOwnRows, ownIds } from "./postgres-own-rows.ts";
import type { PostgresSession } from "./postgres-session.ts";
import { countPages, execute } from "./postgres-setup.ts";

/** A savepoint that has written nothing has no id. */
const NOTHING: Digest = { rowCount: 0, sum: "0", xor: "0" };

/**
 * Adds the rows of a stage to a table of others by the plan's `statement`, in the open transaction, and shows what became of
 * them there: triggers and rules of the table may have changed or kept back what the stage held. They are read again, which
 * costs about half of adding them; taking their digest in the statement that adds them takes longer, since the server keeps a
 * list of what it returns. Throws `DIGEST_MISMATCH`, `COUNT_MISMATCH`.
 */
export async function addRows(
  session: PostgresSession,
  plan: TablePlan,
  statement: string,
  { rowCount, verification, destinationDigest }: LoadResult,
): Promise<void> {
  const table = formatTableName(plan.sourceTable);
  const target = { loadTable: plan.destinationTable };
  const pagesBefore = await countPages(session, target);
  const older = new Set(await ownIds(session));
  // Altering may have given every row of the table this transaction's id; a savepoint has one of its own.
  await session.query("savepoint added");
  await execute(session, plan, statement);
  const ids = (await ownIds(session)).filter((id) => !older.has(id));
  const digestOf = async (columns: TablePlan["columns"]) =>
    ids.length === 0
      ? NOTHING
      : (await findOwnRows(session, { ...plan, columns }, target, pagesBefore - 1, rowCount, ids)).digest;
  if (verification === "count") {
    // What the server counts, a rule may have sent elsewhere.
    const { rowCount: arrived } = await digestOf([]);
    if (arrived !== rowCount) {
      throw new AppError("COUNT_MISMATCH", { params: { sent: rowCount, arrived, table, side: "destination" } });
    }
  }
  if (destinationDigest !== null) {
    const stands = await digestOf(plan.columns);
    if (!digestsEqual(stands, destinationDigest)) {
      const rows = { sourceRows: destinationDigest.rowCount, destinationRows: stands.rowCount };
      throw digestMismatch(plan, describeRows(rows));
    }
  }
  await session.query("release savepoint added");
}
