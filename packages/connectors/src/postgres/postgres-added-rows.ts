import { digestMismatch, type LateQuarantine, type LoadResult, type TablePlan } from "@millrace/engine";
import { AppError, describeRows, type Digest, digestsEqual, formatTableName, type TableName } from "@millrace/shared";
import { addedStage } from "./postgres-added-stage.ts";
import { refusedFor } from "./postgres-errors.ts";
import { findOwnRows, FIRE_TRIGGERS, ownIds } from "./postgres-own-rows.ts";
import type { PostgresSession } from "./postgres-session.ts";
import { countPages, execute } from "./postgres-setup.ts";
import { setAsideFromStage } from "./postgres-stage-faults.ts";

/** A savepoint that has written nothing has no id. */
const NOTHING: Digest = { rowCount: 0, sum: "0", xor: "0" };

/**
 * Adds the rows of a stage to a table of others by the plan's `statement`, in the open transaction, and shows what became of
 * them there: triggers and rules of the table may have changed or kept back what the stage held. They are read again, which
 * costs about half of adding them; taking their digest in the statement that adds them takes longer, since the server keeps a
 * list of what it returns. Rows that the table refuses are given to `late`, and the others are added without them; resolves to
 * what is loaded then. Throws `DIGEST_MISMATCH`, `COUNT_MISMATCH`, and what the table refuses for no row's fault.
 */
export async function addRows(
  session: PostgresSession,
  plan: TablePlan,
  stage: TableName,
  statement: string,
  loaded: LoadResult,
  late: LateQuarantine,
  signal: AbortSignal,
): Promise<LoadResult> {
  const pagesBefore = await countPages(session, { loadTable: plan.destinationTable });
  for (let left = loaded; ;) {
    const older = new Set(await ownIds(session));
    // Altering may have given every row of the table this transaction's id; a savepoint has one of its own.
    await session.query("savepoint added");
    try {
      await addAndProve(session, plan, statement, left, pagesBefore, older);
      await session.query("release savepoint added");
      return left;
    } catch (error) {
      const refused = refusedFor(error);
      if (signal.aborted || !(error instanceof AppError) || refused === null) throw error;
      await session.query("rollback to savepoint added");
      await session.query("release savepoint added");
      left = await setAsideFromStage(session, plan, addedStage(session, plan, stage), left, { error, refused }, late);
    }
  }
}

async function addAndProve(
  session: PostgresSession,
  plan: TablePlan,
  statement: string,
  { rowCount, verification, destinationDigest }: LoadResult,
  pagesBefore: number,
  older: ReadonlySet<string>,
): Promise<void> {
  const table = formatTableName(plan.sourceTable);
  const target = { loadTable: plan.destinationTable };
  await execute(session, plan, statement);
  // What would be looked at only by the commit, when nothing can be set aside any more.
  await execute(session, plan, FIRE_TRIGGERS);
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
}
