import { digestMismatch, failpoint, type LateQuarantine, type LoadResult, type TablePlan } from "@millrace/engine";
import {
  AppError,
  describeRows,
  type Digest,
  digestsEqual,
  formatTableName,
  type RowChanges,
  type TableName,
} from "@millrace/shared";
import { deleteMissing, forgetArrived, revive } from "./postgres-deletes.ts";
import { readDigest, rowHashes } from "./postgres-digest.ts";
import { refusedFor } from "./postgres-errors.ts";
import { quoteIdentifier } from "./postgres-identifiers.ts";
import { mergedStage } from "./postgres-merge-faults.ts";
import { type MergePlan, VERSION_COLUMNS } from "./postgres-merge-plan.ts";
import { type MergeSql, mergeSql } from "./postgres-merge-sql.ts";
import { arrivedValues } from "./postgres-own-rows.ts";
import type { PostgresSession } from "./postgres-session.ts";
import { ask, execute } from "./postgres-setup.ts";
import { chunkOfRow } from "./postgres-stage.ts";
import { setAsideFromStage } from "./postgres-stage-faults.ts";
import type { StructurePlan } from "./postgres-structure.ts";

/** How often rows that somebody changed between their merge and the look at them are merged again. */
const MAX_MERGES = 3;

/** Up to so many rows are put in order and proved while they are merged, which keeps a copy of those that differ until the end of the statement. */
const MAX_FEW_ROWS = 500_000;

/**
 * Looking a row up by its key reads the page that the merge is about to write, so it costs less than the server thinks; and a join of
 * two large tables that fits into memory takes half the time of one that does not. Until the end of the transaction.
 */
const FOR_JOINS = ["set local random_page_cost = 1.1", "set local work_mem = '64MB'"];

/**
 * Brings the rows of a stage to their keys, in the open transaction, which the caller commits: of rows with one key the last
 * one, those that differ from what is there, in the order of the key, so that two who do the same never wait for each other
 * in a circle. Then what has gone at the source, by the policy, by `allKeys` where the stage has not the keys of all rows. Rows
 * that the table refuses are given to `late` and stay as they are there, and the others are merged without them; resolves
 * to what is loaded then. Throws `KEY_NULL`, `TOO_MANY_DELETES`, `DIGEST_MISMATCH`, and what the table refuses for no row's fault.
 */
export async function mergeStage(
  session: PostgresSession,
  plan: TablePlan,
  { loadTable: stage, merge }: StageToMerge,
  loaded: LoadResult,
  allKeys: string | null,
  late: LateQuarantine,
  signal: AbortSignal,
): Promise<MergedLoad> {
  const sql = mergeSql(plan, stage, merge);
  for (const statement of [...FOR_JOINS, ...merge.makesTarget]) await execute(session, plan, statement);
  if (merge.mayKeyBeNull) await assertKeysComplete(session, plan, merge, sql);
  const duplicates = merge.isKeyUnique ? 0 : await dropDuplicates(session, plan, stage, merge, sql);
  // Nobody else has counted the stage, and the best way to join it depends on its size. Joins need no other columns.
  await execute(session, plan, `analyze ${sql.stage} (${merge.key.map(quoteIdentifier).join(", ")})`);
  const known = allKeys === null ? null : await deleteMissing(session, plan, merge, sql, allKeys);
  for (let left = loaded; ;) {
    await session.query("savepoint merge_attempt");
    // A row that was set aside is at the source, though its key did not arrive: nobody can tell then what has gone there.
    const gone = known ?? (late.count > 0 ? 0 : await deleteMissing(session, plan, merge, sql, sql.stage));
    await failpoint("before-merge");
    try {
      const merged = await mergeAndProve(session, plan, merge, sql, left, duplicates, allKeys ?? sql.stage);
      await session.query("release savepoint merge_attempt");
      return { changes: { ...merged, deleted: gone, duplicates }, loaded: left };
    } catch (error) {
      const refused = refusedFor(error);
      if (signal.aborted || !(error instanceof AppError) || refused === null) throw error;
      await session.query("rollback to savepoint merge_attempt");
      if (allKeys !== null) await forgetArrived(session, plan, merge, sql, allKeys);
      const arriving = mergedStage(session, plan, stage, merge);
      left = await setAsideFromStage(session, plan, arriving, left, { error, refused }, late);
    }
  }
}

type StageToMerge = Pick<StructurePlan, "loadTable"> & { readonly merge: MergePlan };

interface MergedLoad {
  readonly changes: RowChanges;
  /** Less what was set aside. */
  readonly loaded: LoadResult;
}

async function mergeAndProve(
  session: PostgresSession,
  plan: TablePlan,
  merge: MergePlan,
  sql: MergeSql,
  loaded: LoadResult,
  duplicates: number,
  keys: string,
): Promise<Omit<RowChanges, "deleted" | "duplicates">> {
  const { inserted, updated, isProven } = await mergeOnce(session, plan, merge, sql, loaded);
  // What would be looked at only by the commit, when nothing can be set aside any more.
  await execute(session, plan, "set constraints all immediate");
  if (loaded.destinationDigest !== null && !isProven) {
    const expected = await digestOfStage(session, plan, merge, sql, loaded, duplicates);
    await proveMerged(session, plan, merge, sql, loaded, expected);
  }
  const revived = await revive(session, plan, merge, sql, keys);
  const unchanged = Math.max(0, loaded.rowCount - duplicates - inserted - updated);
  return { inserted, updated: updated + revived, unchanged };
}

/** Throws `DIGEST_MISMATCH`. */
async function proveMerged(
  session: PostgresSession,
  plan: TablePlan,
  merge: MergePlan,
  sql: MergeSql,
  loaded: LoadResult,
  expected: Digest,
): Promise<void> {
  for (let merges = 1; ; merges++) {
    const stands = await digestOfMerged(session, plan, merge, sql);
    if (digestsEqual(expected, stands)) return;
    if (merges === MAX_MERGES) {
      throw digestMismatch(plan, describeRows({ sourceRows: expected.rowCount, destinationRows: stands.rowCount }));
    }
    await mergeOnce(session, plan, merge, sql, loaded);
  }
}

async function assertKeysComplete(
  session: PostgresSession,
  plan: TablePlan,
  { key }: MergePlan,
  { stage }: MergeSql,
): Promise<void> {
  const condition = key.map((column) => `${quoteIdentifier(column)} is null`).join(" or ");
  const { count } = await ask<{ count: string }>(
    session,
    plan,
    `select count(*)::text as count from ${stage} where ${condition}`,
  );
  if (count === "0") return;
  throw new AppError("KEY_NULL", {
    params: {
      count: Number(count),
      table: formatTableName(plan.destinationTable),
      key: key.join(", "),
      side: "source",
    },
  });
}

/** Leaves the last row of each key: the one with the greatest cursor, else the one that arrived last, chunks being counted in their order. */
async function dropDuplicates(
  session: PostgresSession,
  plan: TablePlan,
  stageName: TableName,
  { key, orderedBy }: MergePlan,
  { stage, keyList }: MergeSql,
): Promise<number> {
  const newest = orderedBy === null ? "" : `s.${quoteIdentifier(orderedBy)} desc nulls last, `;
  const { count } = await ask<{ count: string }>(
    session,
    plan,
    `with ranked as (
       select s.ctid as address, row_number() over (
         partition by ${keyList("s", key)} order by ${newest}c.chunk desc, s.ctid desc) as place
       from ${stage} s ${chunkOfRow(stageName)}
     ), dropped as (
       delete from ${stage} where ctid in (select address from ranked where place > 1) returning 1
     ) select count(*)::text as count from dropped`,
  );
  return Number(count);
}

interface Merged {
  readonly inserted: number;
  readonly updated: number;
  /** Whether the statement itself has shown that the rows with the keys that arrived are as they arrived. */
  readonly isProven: boolean;
}

async function mergeOnce(
  session: PostgresSession,
  plan: TablePlan,
  merge: MergePlan,
  sql: MergeSql,
  { rowCount, destinationDigest }: LoadResult,
): Promise<Merged> {
  if (merge.keepsVersions) {
    const { count: closed } = await ask<{ count: string }>(session, plan, sql.closeChanged);
    const { count: opened } = await ask<{ count: string }>(session, plan, sql.openVersions);
    return { inserted: Number(opened) - Number(closed), updated: Number(closed), isProven: false };
  }
  const known = merge.isPartitioned ? await ask<{ inserted: string }>(session, plan, sql.countNew) : null;
  const proves = destinationDigest !== null && !merge.isPartitioned;
  const hashes = proves ? rowHashes(plan.digestMethod ?? "text", hashedValues(plan, merge)) : null;
  const upsert = rowCount <= MAX_FEW_ROWS ? sql.upsertFew(hashes) : sql.upsert;
  const { inserted, written, isProven = false } = await ask<Written>(session, plan, upsert);
  const insertedCount = Number(known?.inserted ?? inserted);
  return { inserted: insertedCount, updated: Number(written) - insertedCount, isProven };
}

interface Written {
  readonly inserted: string;
  readonly written: string;
  readonly isProven?: boolean;
}

/** What the rows with the keys that arrived have to add up to. */
function digestOfStage(
  session: PostgresSession,
  plan: TablePlan,
  merge: MergePlan,
  { stage }: MergeSql,
  { destinationDigest }: LoadResult,
  duplicates: number,
): Promise<Digest> | Digest {
  const isWhole = duplicates === 0 && merge.compared.length === merge.columns.length;
  return isWhole && destinationDigest ? destinationDigest : digestOf(session, plan, merge, stage);
}

/** Of the rows with the keys that the stage has. */
export const digestOfMerged = (session: PostgresSession, plan: TablePlan, merge: MergePlan, sql: MergeSql) =>
  digestOf(session, plan, merge, mergedRows(merge, sql));

/** The rows of the table under the keys that arrived. */
export const mergedRows = ({ keepsVersions }: MergePlan, { target, stage, sameKey }: MergeSql): string =>
  `${target} t where ${keepsVersions ? `t.${quoteIdentifier(VERSION_COLUMNS.isCurrent)} and ` : ""}exists (
       select from ${stage} s where ${sameKey})`;

function digestOf(session: PostgresSession, plan: TablePlan, merge: MergePlan, from: string): Promise<Digest> {
  return readDigest(session, plan.digestMethod ?? "text", hashedValues(plan, merge), from);
}

const hashedValues = ({ columns }: TablePlan, { compared }: MergePlan) =>
  arrivedValues({ columns: columns.filter(({ name }) => compared.includes(name)) });
