import { failpoint, type RunIdentity, type UndoSide, type UndoTarget } from "@millrace/engine";
import { AppError, digestsEqual, formatTableName, UNDO_REASONS, type UndoReason } from "@millrace/shared";
import { quoteTable } from "./postgres-identifiers.ts";
import { puttingBack } from "./postgres-kept-table.ts";
import { wasPublished } from "./postgres-load.ts";
import { isTableThere } from "./postgres-own-schema.ts";
import { claimFence, ensurePositionTable } from "./postgres-position.ts";
import { digestAgain, findPrevious, oidOf, type Previous, structureDigest } from "./postgres-previous.ts";
import type { PostgresSession } from "./postgres-session.ts";
import { obstaclesOf } from "./postgres-survey.ts";

/** See `UndoSide`. */
export function postgresUndo(session: PostgresSession): UndoSide {
  return {
    look: (target, signal) => session.abortable(signal, () => look(session, target)),
    run: (identity, target, signal) => session.abortable(signal, () => undo(session, identity, target)),
  };
}

type Look = Awaited<ReturnType<UndoSide["look"]>>;

async function look(session: PostgresSession, target: UndoTarget): Promise<Look> {
  await session.query("begin isolation level repeatable read, read only");
  try {
    await session.query("set local search_path to ''");
    const previous = await findPrevious(session, target.pipelineId, target.table, { locks: false });
    const reason = await reasonAgainst(session, target, previous);
    const isKept = previous !== null && previous.runId === target.runId.toLowerCase();
    return {
      reason,
      keptRows: isKept ? previous.rowCount : null,
      currentRows: isKept ? previous.recorded.digest.rowCount : null,
      keptUntil: isKept ? previous.keptUntil.toISOString() : null,
    };
  } finally {
    await session.query("rollback");
  }
}

/** What speaks against it, rows apart. Null: nothing. */
async function reasonAgainst(
  session: PostgresSession,
  target: UndoTarget,
  previous: Previous | null,
): Promise<UndoReason | null> {
  if (previous?.runId !== target.runId.toLowerCase()) {
    return previous === null && (await isLatest(session, target)) ? "nothing_kept" : "later_run";
  }
  if (previous.isExpired) return "expired";
  if (!previous.isThere) return "nothing_kept";
  const oid = await oidOf(session, target.table);
  if (oid !== previous.publishedOid) return "table_changed";
  if ((await obstaclesOf(session, oid)).length > 0) return "in_use";
  return (await structureDigest(session, oid)) === previous.structure ? null : "structure_changed";
}

async function isLatest(session: PostgresSession, { pipelineId, runId, table }: UndoTarget): Promise<boolean> {
  if (!(await isTableThere(session, "position"))) return false;
  const known = await session.query<{ run_id: string | null }>(
    "select run_id::text from _millrace.position where pipeline_id = $1 and stream = $2",
    [pipelineId, formatTableName(table)],
  );
  return known[0]?.run_id === runId.toLowerCase();
}

async function undo(
  session: PostgresSession,
  identity: RunIdentity,
  target: UndoTarget,
): Promise<{ readonly rowCount: number }> {
  await ensurePositionTable(session);
  const done = await claimFence(session, identity, target.table);
  if (done) return { rowCount: done.rowCount };
  await session.query("begin");
  let rowCount: number;
  try {
    rowCount = await swapBack(session, identity, target);
  } catch (error) {
    await session.query("rollback").catch(() => {});
    throw error;
  }
  try {
    await failpoint("before-publish-commit");
    await session.query("commit");
    await failpoint("after-publish-commit");
  } catch (error) {
    const known = session.toError(error);
    const isLost = known.code === "CONNECTION_LOST";
    if (!isLost || !(await wasPublished(session, target.table, identity).catch(() => false))) throw known;
  }
  return { rowCount };
}

/**
 * In the open transaction. Writers wait from the first statement on, so that what the digest says stays true; readers only
 * for the swap, and find the one table or the other.
 */
async function swapBack(session: PostgresSession, identity: RunIdentity, target: UndoTarget): Promise<number> {
  const { pipelineId, table } = target;
  const stream = formatTableName(table);
  await session.query("set local search_path to ''");
  const previous = await findPrevious(session, pipelineId, table, { locks: true });
  if (previous && (await oidOf(session, table)) === previous.publishedOid) {
    await session.query(`lock table ${quoteTable(table)} in share row exclusive mode`);
  }
  const reason = await reasonAgainst(session, target, previous);
  if (reason !== null || previous === null) throw unavailable(reason ?? "nothing_kept");
  const { recorded, rowCount } = previous;
  if (!digestsEqual(await digestAgain(session, table, recorded), recorded.digest)) throw unavailable("rows_changed");
  for (const statement of puttingBack(previous)) {
    await session.client.query(statement).catch((error: unknown) => {
      throw session.toError(error, stream);
    });
    await failpoint("during-swap");
  }
  // The undo itself is what was committed last; how far the pipeline had read is what it was before the run.
  const restored = await session.query(
    `update _millrace.position set run_id = $4, at = now(),
       position = coalesce($5::jsonb, '{}') || jsonb_build_object('rowCount', $6::bigint, 'changes', null)
     where pipeline_id = $1 and stream = $2 and fence = $3 returning fence::text`,
    [pipelineId, stream, String(identity.fence), identity.runId, previous.position, String(rowCount)],
  );
  if (restored.length === 0) throw new AppError("FENCE_STALE");
  await session.query("delete from _millrace.previous where pipeline_id = $1 and stream = $2", [pipelineId, stream]);
  return rowCount;
}

const unavailable = (reason: UndoReason) =>
  new AppError("UNDO_UNAVAILABLE", { params: { reason: UNDO_REASONS[reason], side: "destination" } });
