import type { LoadResult, TablePlan } from "@millrace/engine";
import { AppError, formatTableName } from "@millrace/shared";
import { quoteIdentifier, quoteTable } from "./postgres-identifiers.ts";
import { type MergePlan, ownColumnOf, VERSION_COLUMNS } from "./postgres-merge-plan.ts";
import type { MergeSql } from "./postgres-merge-sql.ts";
import type { PostgresPlan } from "./postgres-plan.ts";
import type { PostgresSession } from "./postgres-session.ts";
import { ask, execute } from "./postgres-setup.ts";

/** What becomes of rows that the source has no more. `keys` is a table that holds the key of every row of the source. */

/**
 * Deletes, marks or closes, by the policy, the rows whose keys have gone, in the order of the key; resolves to their number.
 * Throws `TOO_MANY_DELETES` before it touches one.
 */
export async function deleteMissing(
  session: PostgresSession,
  plan: TablePlan,
  merge: MergePlan,
  sql: MergeSql,
  keys: string,
): Promise<number> {
  const { deletes, key, keepsVersions } = merge;
  if (deletes.mode === "ignore") return 0;
  const { target, sameKey, isLive } = sql;
  const counts = await ask<{ total: string; gone: string }>(
    session,
    plan,
    `select count(*)::text as total, count(*) filter (where s.there is null)::text as gone
     from ${target} t left join (select distinct ${sql.keyList("k", key)}, true as there from ${keys} k) s on ${sameKey}
     where ${isLive}`,
  );
  const gone = Number(counts.gone);
  assertShare(plan, gone, Number(counts.total), deletes.maxPercent);
  if (gone === 0) return 0;
  const locked = `select ${sql.keyList("t", key)} from ${target} t
    where ${isLive} and not exists (select from ${keys} s where ${sameKey}) order by ${sql.keyList("t", key)} for update of t`;
  const { count } = await ask<{ count: string }>(
    session,
    plan,
    `with s as materialized (${locked}), written as (${removal()} returning 1) select count(*)::text as count from written`,
  );
  return Number(count);

  function removal(): string {
    if (deletes.mode === "hard") return `delete from ${target} t using s where ${sameKey}`;
    const set = keepsVersions
      ? `${quoteIdentifier(VERSION_COLUMNS.isCurrent)} = false,
         ${quoteIdentifier(VERSION_COLUMNS.to)} = greatest(now(), t.${quoteIdentifier(VERSION_COLUMNS.from)})`
      : `${ownColumnOf(merge)} = now()`;
    return `update ${target} t set ${set} from s where ${isLive} and ${sameKey}`;
  }
}

/** Takes the mark of deletion from rows whose key is back at the source; resolves to their number. */
export async function revive(
  session: PostgresSession,
  plan: TablePlan,
  merge: MergePlan,
  { target, sameKey }: MergeSql,
  keys: string,
): Promise<number> {
  const deletedAt = ownColumnOf(merge);
  if (deletedAt === null) return 0;
  const { count } = await ask<{ count: string }>(
    session,
    plan,
    `with written as (
       update ${target} t set ${deletedAt} = null
       where t.${deletedAt} is not null and exists (select from ${keys} s where ${sameKey}) returning 1
     ) select count(*)::text as count from written`,
  );
  return Number(count);
}

/** Leaves only those of all keys whose rows have not arrived, so that `revive` takes no mark from a row that is set aside. */
export async function forgetArrived(
  session: PostgresSession,
  plan: TablePlan,
  merge: MergePlan,
  { stage, sameKey }: MergeSql,
  allKeys: string,
): Promise<void> {
  if (ownColumnOf(merge) === null) return;
  await execute(session, plan, `delete from ${allKeys} s using ${stage} t where ${sameKey}`);
}

function assertShare(plan: TablePlan, count: number, total: number, percent: number): void {
  if (count * 100 <= total * percent) return;
  throw new AppError("TOO_MANY_DELETES", {
    params: { count, total, percent, table: formatTableName(plan.destinationTable), side: "destination" },
  });
}

/** For a table that is replaced: faults.md 40. Throws `TOO_MANY_DELETES`. */
export async function assertNotShrunk(
  session: PostgresSession,
  plan: TablePlan,
  { rowCount }: LoadResult,
): Promise<void> {
  const { maxShrinkPercent } = plan.detail as PostgresPlan;
  if (maxShrinkPercent === null) return;
  const { total } = await ask<{ total: string }>(
    session,
    plan,
    `select count(*)::text as total from ${quoteTable(plan.destinationTable)}`,
  );
  assertShare(plan, Math.max(0, Number(total) - rowCount), Number(total), maxShrinkPercent);
}
