import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  BATCHES,
  failpoint,
  type LateQuarantine,
  type LoadResult,
  type Published,
  type RunIdentity,
  type TablePlan,
} from "@millrace/engine";
import { AppError, type ErrorCode, hasKey, type RowChanges, type TableName } from "@millrace/shared";
import { BatchEncoder } from "./postgres-batch-in.ts";
import { CopyIn } from "./postgres-copy-in.ts";
import { addRows } from "./postgres-added-rows.ts";
import { builtStage } from "./postgres-built-stage.ts";
import { refusedFor } from "./postgres-errors.ts";
import { quoteIdentifier, quoteTable } from "./postgres-identifiers.ts";
import { assertNotShrunk } from "./postgres-deletes.ts";
import { mergeStage } from "./postgres-merge.ts";
import { findPublished, recordPosition } from "./postgres-position.ts";
import { dropSuperseded, readOutgoing, recordPrevious } from "./postgres-previous.ts";
import type { PostgresPlan } from "./postgres-plan.ts";
import type { PostgresSession } from "./postgres-session.ts";
import { execute, toPlanError } from "./postgres-setup.ts";
import { setAsideFromStage } from "./postgres-stage-faults.ts";
import type { StructurePlan } from "./postgres-structure.ts";
import { copyFormat } from "./postgres-wire-formats.ts";

/** The steps that a load has in common whether or not it is staged; each in the transaction that is open in the session. */

/** How long the destination is asked, after a commit without an answer, whether it went through. */
export const COMMIT_CHECK_MS = 20_000;

/** `isFrozen` where this transaction has made the table. Resolves to the number of rows. See `ChunkWriter.write`. */
export function copyInto(
  session: PostgresSession,
  plan: TablePlan,
  { loadTable }: Pick<StructurePlan, "loadTable">,
  isFrozen: boolean,
  stream: Readable,
  signal: AbortSignal,
): Promise<number> {
  let failed: "stream" | "copy" | undefined;
  stream.once("error", () => (failed ??= "stream"));
  return session.abortable(signal, async () => {
    const copy = session.client.query(new CopyIn(copyInSql(plan, quoteTable(loadTable), isFrozen)));
    // Whichever fails first takes the other one with it.
    copy.once("error", () => (failed ??= "copy"));
    const encoders = plan.wireFormat === BATCHES ? [new BatchEncoder()] : [];
    // Until the stream's end it is the stream that the server waits for.
    session.isFeeding = true;
    (encoders[0] ?? stream).once("end", () => (session.isFeeding = false));
    try {
      // A server that waits for COPY's next bytes hears no cancel request, so the end of the bytes has to come from here.
      await pipeline([stream, ...encoders, copy], { signal });
    } catch (error) {
      throw failed === "stream" ? error : toPlanError(session, plan, error);
    } finally {
      session.isFeeding = false;
    }
    return copy.rowCount;
  });
}

/** Where the keys of all rows of the source are kept until they have been compared. */
const KEYS: TableName = { schema: "pg_temp", name: "_millrace_keys" };

/** See `DestinationSession.writeKeys`; in the open transaction, at whose end the keys are gone. */
export async function copyKeysInto(
  session: PostgresSession,
  plan: TablePlan,
  { loadTable }: StructurePlan,
  stream: Readable,
  signal: AbortSignal,
): Promise<number> {
  const keys = { ...plan, columns: plan.keyColumns };
  const list = plan.keyColumns.map(({ name }) => quoteIdentifier(name)).join(", ");
  const into = { loadTable: KEYS };
  // Not waited for, so that COPY takes hold of the stream in this tick; if it fails, the server refuses COPY as well.
  const made = session.query(
    `create temporary table ${quoteTable(KEYS)} on commit drop as select ${list} from ${quoteTable(loadTable)} with no data`,
  );
  const copied = copyInto(session, keys, into, false, stream, signal);
  const [table, rows] = await Promise.allSettled([made, copied]);
  if (table.status === "rejected") throw table.reason;
  if (rows.status === "rejected") throw rows.reason;
  return rows.value;
}

function copyInSql({ columns, wireFormat }: TablePlan, tableSql: string, isFrozen: boolean): string {
  const names = columns.map((column) => quoteIdentifier(column.name)).join(", ");
  // COPY takes no empty list, and a table without columns needs none.
  const list = columns.length === 0 ? "" : ` (${names})`;
  const options = [`format ${copyFormat(wireFormat)}`, ...(isFrozen ? ["freeze"] : [])];
  return `copy ${tableSql}${list} from stdin (${options.join(", ")})`;
}

/** What an index can be refused for; anything else concerns the whole run. */
const FAULTS_OF_AN_INDEX: ReadonlySet<ErrorCode> = new Set([
  "SERVER_ERROR",
  "CONSTRAINT_VIOLATED",
  "PRIVILEGE_MISSING",
]);

/** Keys, indexes, swap or merge, and position, for a load into `structure`. The caller commits. */
export async function finishLoad(
  session: PostgresSession,
  plan: TablePlan,
  structure: StructurePlan,
  identity: RunIdentity | null,
  loaded: LoadResult & { readonly hasKeys: boolean },
  late: LateQuarantine,
  signal: AbortSignal,
): Promise<Published> {
  await assertNotShrunk(session, plan, loaded);
  const { loadTable, merge } = structure;
  const keys = loaded.hasKeys ? quoteTable(KEYS) : null;
  const merged = merge
    ? await mergeStage(session, plan, { loadTable, merge }, loaded, keys, late, signal)
    : { changes: null, loaded };
  const built = await buildLate(session, plan, structure, merged.loaded, late, signal);
  const changes = merged.changes ?? changesOfFirstLoad(plan, built.loaded);
  if (identity) await dropSuperseded(session, identity, plan.destinationTable);
  const outgoing = identity && structure.kept ? await readOutgoing(session, identity, structure.kept) : null;
  let left = built.loaded;
  for (const statement of structure.publish) {
    if (statement === structure.adds) left = await addRows(session, plan, loadTable, statement, left, late, signal);
    else await execute(session, plan, statement);
    await failpoint("during-swap");
  }
  if (identity)
    await recordPosition(session, identity, plan.destinationTable, {
      rowCount: left.rowCount,
      sourceDigest: left.sourceDigest,
      destinationDigest: left.destinationDigest,
      cursor: left.cursor,
      changes,
    });
  if (identity && structure.kept && outgoing) {
    await recordPrevious(session, plan, identity, structure.kept, outgoing, left);
  }
  const isKept = structure.merge && !loaded.hasKeys && structure.merge.deletes.mode !== "ignore" && late.count > 0;
  const kept = isKept ? ["Nothing was deleted at the destination, since rows of the source were set aside"] : [];
  return { notes: [...built.notes, ...kept], changes, loaded: left };
}

/** Of rows that have a key and went right into their new table. */
const changesOfFirstLoad = ({ writeMode }: TablePlan, { rowCount }: LoadResult): RowChanges | null =>
  hasKey(writeMode) ? { inserted: rowCount, updated: 0, deleted: 0, unchanged: 0, duplicates: 0 } : null;

async function buildLate(
  session: PostgresSession,
  plan: TablePlan,
  structure: StructurePlan,
  loaded: LoadResult,
  late: LateQuarantine,
  signal: AbortSignal,
): Promise<Pick<Published, "notes" | "loaded">> {
  const notes: string[] = [];
  let left = loaded;
  for (const { sql, isOptional } of structure.finish) {
    if (!isOptional) {
      left = await buildKey(session, plan, structure, sql, left, late, signal);
      continue;
    }
    await session.query("savepoint optional");
    try {
      await execute(session, plan, sql);
    } catch (error) {
      const { code } = session.toError(error);
      if (signal.aborted || !FAULTS_OF_AN_INDEX.has(code)) throw error;
      await session.query("rollback to savepoint optional");
      notes.push(`Left out, since the destination could not make it (${code}): ${sql}`);
    }
    await session.query("release savepoint optional");
  }
  return { notes, loaded: left };
}

/** Rows that are taken out may be what others refer to, so it is tried until it goes through or finds no more of them. */
async function buildKey(
  session: PostgresSession,
  plan: TablePlan,
  structure: StructurePlan,
  sql: string,
  loaded: LoadResult,
  late: LateQuarantine,
  signal: AbortSignal,
): Promise<LoadResult> {
  for (let left = loaded; ;) {
    await session.query("savepoint key");
    try {
      await execute(session, plan, sql);
      await session.query("release savepoint key");
      return left;
    } catch (error) {
      const refused = refusedFor(error);
      // A table that was not there gets its keys from the source, which has them as well.
      const isReplaced = (plan.detail as PostgresPlan).existingOid !== null;
      if (signal.aborted || !(error instanceof AppError) || refused === null || !isReplaced) throw error;
      await session.query("rollback to savepoint key");
      const arriving = builtStage(session, plan, structure, sql);
      left = await setAsideFromStage(session, plan, arriving, left, { error, refused }, late);
    }
  }
}

/** When the answer to the last COMMIT is lost, the position that was committed with the rows tells what became of it. */
export async function commitPublished(
  session: PostgresSession,
  plan: TablePlan,
  identity: RunIdentity | null,
): Promise<void> {
  try {
    await failpoint("before-publish-commit");
    await execute(session, plan, "commit");
    await failpoint("after-publish-commit");
  } catch (error) {
    const known = session.toError(error);
    if (known.code !== "CONNECTION_LOST" || !identity) throw known;
    if (!(await wasPublished(session, plan.destinationTable, identity).catch(() => false))) throw known;
  }
}

/** Whether the run is what the destination has committed last, asked on another session. */
export async function wasPublished(
  session: PostgresSession,
  table: TableName,
  identity: RunIdentity,
): Promise<boolean> {
  const again = await session.reopen(AbortSignal.timeout(COMMIT_CHECK_MS));
  try {
    return (await findPublished(again, identity, table)) !== null;
  } finally {
    await again.close();
  }
}
