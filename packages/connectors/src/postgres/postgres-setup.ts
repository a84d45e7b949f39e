import { isDeepStrictEqual } from "node:util";
import type { TablePlan } from "@millrace/engine";
import { AppError, formatTableName } from "@millrace/shared";
import pg from "pg";
import { quoteTable } from "./postgres-identifiers.ts";
import type { PostgresPlan } from "./postgres-plan.ts";
import type { PostgresSession } from "./postgres-session.ts";
import type { StructurePlan } from "./postgres-structure.ts";

/** Any number that no other program is likely to take for an advisory lock of its own. */
const LOCK_SPACE = 1_297_238_601;

/** What says that somebody else has made the same type, schema or table meanwhile. */
const TAKEN: ReadonlySet<unknown> = new Set(["42710", "42P06", "42P07", "23505"]);

/**
 * What a load needs before its first byte, in the open transaction: nobody can drop or alter the table that is there, it is
 * still the one that was planned with, and what was missing is made. Throws `DESTINATION_CHANGED` where the plan no longer
 * fits, upon which the caller rolls back and plans again.
 */
export async function setUp(session: PostgresSession, plan: TablePlan): Promise<{ pagesBefore: number }> {
  const detail = plan.detail as PostgresPlan;
  if (detail.makesShared) await waitForOtherMakers(session);
  await holdTable(session, plan);
  for (const statement of detail.setup) {
    try {
      await session.client.query(statement);
    } catch (error) {
      if (error instanceof Error && "code" in error && TAKEN.has(error.code)) throw changed(plan);
      throw toPlanError(session, plan, error);
    }
  }
  return { pagesBefore: detail.isFresh ? 0 : await countPages(session, detail) };
}

/**
 * Two runs that need the same new type follow one another: until the first has committed the second cannot have it. That is
 * as long as a copy takes, so this one wait has no limit but the run's own end.
 */
export async function waitForOtherMakers(session: PostgresSession): Promise<void> {
  const [setting] = await session.query<{ limit: string }>("select current_setting('lock_timeout') as limit");
  await session.query("set local lock_timeout = 0");
  await session.query(`select pg_advisory_xact_lock(${LOCK_SPACE}, 0)`);
  await session.query("select set_config('lock_timeout', $1, true)", [setting?.limit ?? "0"]);
}

/**
 * In the open transaction: nobody can drop or alter the table that is there, and it is still the one that was planned with.
 * Runs that make a table of the same name follow one another as well; each would else wait for a lock that the other holds.
 * Throws `DESTINATION_CHANGED`.
 */
export async function holdTable(session: PostgresSession, plan: TablePlan): Promise<void> {
  const { existingOid, existingColumns, isFresh, merge } = plan.detail as PostgresPlan;
  const { schema, name } = plan.destinationTable;
  const table = quoteTable(plan.destinationTable);
  if (existingOid === null || (isFresh && merge === null)) {
    await execute(session, plan, `select pg_advisory_xact_lock(${LOCK_SPACE}, hashtext(${pg.escapeLiteral(table)}))`);
  }
  if (existingOid !== null) await execute(session, plan, `lock table ${table} in access share mode`);
  const [found] = await session.query<{ oid: string; columns: string }>(
    `select c.oid::text, (select coalesce(jsonb_agg(a.attname || ' ' || a.atttypid order by a.attnum), '[]')::text
       from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns
     from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relname = $2`,
    [schema, name],
  );
  if ((found?.oid ?? null) !== existingOid) throw changed(plan);
  // A column may have gone since the plan was made; from here on none can.
  const isSame = isDeepStrictEqual(JSON.parse(found?.columns ?? "[]"), existingColumns);
  if (existingOid !== null && !isSame) throw changed(plan);
}

const changed = ({ destinationTable }: TablePlan) =>
  new AppError("DESTINATION_CHANGED", { params: { table: formatTableName(destinationTable), side: "destination" } });

/** 0 for a partitioned table, which has no pages of its own. */
export async function countPages(
  session: PostgresSession,
  { loadTable }: Pick<StructurePlan, "loadTable">,
): Promise<number> {
  const [row] = await session.query<{ pages: string }>(
    "select (pg_relation_size($1::regclass) / current_setting('block_size')::int)::text as pages",
    [quoteTable(loadTable)],
  );
  return Number(row?.pages ?? 0);
}

/** One statement of the plan. Throws in the words of the user's own names. */
export async function execute(session: PostgresSession, plan: TablePlan, statement: string): Promise<void> {
  try {
    await session.client.query(statement);
  } catch (error) {
    throw toPlanError(session, plan, error);
  }
}

/** As `execute`, for a statement that answers one row. */
export async function ask<Row extends pg.QueryResultRow>(
  session: PostgresSession,
  plan: TablePlan,
  statement: string,
): Promise<Row> {
  try {
    const { rows } = await session.client.query<Row>(statement);
    if (!rows[0]) throw new AppError("CONNECTION_LOST", { params: { side: session.side } });
    return rows[0];
  } catch (error) {
    throw toPlanError(session, plan, error);
  }
}

/** An error of the plan's statements: it speaks of the table and the keys by their own names, not by those of the stage. */
export function toPlanError(session: PostgresSession, plan: TablePlan, error: unknown): AppError {
  const { code, params, cause } = session.toError(error, formatTableName(plan.destinationTable));
  const real = (plan.detail as PostgresPlan).realNames.get(String(params["constraint"]));
  return new AppError(code, { params: real === undefined ? params : { ...params, constraint: real }, cause });
}
