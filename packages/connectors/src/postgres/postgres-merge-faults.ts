import type { TablePlan } from "@millrace/engine";
import type { TableName } from "@millrace/shared";
import type { Refused } from "./postgres-errors.ts";
import { quoteIdentifier } from "./postgres-identifiers.ts";
import {
  entryList,
  entryOf,
  type Fault,
  foreignKeyOf,
  isInIndex,
  isSameEntry,
  namedAs,
  orphans,
  type UniqueIndex,
  uniqueIndexOf,
} from "./postgres-key-faults.ts";
import { type MergePlan, ownColumnOf, VERSION_COLUMNS } from "./postgres-merge-plan.ts";
import { type MergeSql, mergeSql } from "./postgres-merge-sql.ts";
import type { PostgresSession } from "./postgres-session.ts";
import type { ArrivingStage } from "./postgres-stage-faults.ts";

/** A stage whose rows are merged, in the order of their key. */
export function mergedStage(
  session: PostgresSession,
  plan: TablePlan,
  stage: TableName,
  merge: MergePlan,
): ArrivingStage {
  const sql = mergeSql(plan, stage, merge);
  return {
    stage,
    order: `order by ${sql.keyList("s", merge.key)}`,
    // All versions are closed before one is opened, as in a whole merge, unless closing is what is refused.
    before: merge.keepsVersions ? [sql.closeChanged] : [],
    bring: (rows) => mergeSql(plan, stage, merge, rows).bringing,
    faultOf: (refused) => faultOfMerge(session, plan, stage, merge, refused),
  };
}

/**
 * Which rows of a stage a key or a foreign key of the table refuses that they are merged into, found by one query over all of them:
 * against the table as it stands, whatever has gone at the source being gone, and as the rows would be in it. Null where
 * a query cannot tell, since more is looked at than what arrives, or it was not a key of this table.
 */
async function faultOfMerge(
  session: PostgresSession,
  plan: TablePlan,
  stage: TableName,
  merge: MergePlan,
  { sqlstate, constraint }: Refused,
): Promise<Fault | null> {
  if (constraint === null) return null;
  const sql = mergeSql(plan, stage, merge);
  const arriving = new Set(plan.columns.map(({ name }) => name));
  const isKnown = (names: readonly string[]) => names.every((name) => arriving.has(name));
  if (sqlstate === "23505") {
    const index = await uniqueIndexOf(session, sql.target, constraint);
    const own = ownValues(merge);
    const isVisible = index?.looksAt.every((name) => arriving.has(name) || own.has(name));
    return index && isVisible ? taken(merge, sql, index, own) : null;
  }
  if (sqlstate !== "23503") return null;
  const key = await foreignKeyOf(session, sql.target, constraint);
  if (!key || !isKnown(key.columns) || (key.isToItself && !isKnown(key.referred))) return null;
  const list = (alias: string) => key.referred.map((name) => `${alias}.${quoteIdentifier(name)}`).join(", ");
  // Rows that stay as they are and rows that take their place.
  const itself = `(select ${list("s")} from ${sql.stage} s union all
    select ${list("t")} from ${sql.target} t where not exists (select from ${sql.stage} s where ${sql.sameKey}))`;
  // What is there already is not asked for again: a foreign key need not have been valid for it.
  const isThere = merge.keepsVersions
    ? `${sql.isLive} and ${sql.holdsSame(merge.compared)}`
    : sql.holdsSame(key.columns);
  const isNew = `not exists (select from ${sql.target} t where ${sql.sameKey} and ${isThere})`;
  return orphans(key, sql.stage, key.isToItself ? itself : key.referredTable, isNew);
}

/** What Millrace itself fills in a row that arrives, by its column. */
function ownValues(merge: MergePlan): ReadonlyMap<string, string> {
  if (merge.keepsVersions) {
    return new Map([
      [VERSION_COLUMNS.from, "now()"],
      [VERSION_COLUMNS.to, "null::timestamptz"],
      [VERSION_COLUMNS.isCurrent, "true"],
    ]);
  }
  const { deletes } = merge;
  return new Map(ownColumnOf(merge) !== null && deletes.mode === "soft" ? [[deletes.column, "null::timestamptz"]] : []);
}

/** Beside the columns of people. */
const AT = "_millrace_at";

/**
 * Rows are merged in the order of their key: what another row of the table holds is taken, unless that row has let go of it by then; and of
 * rows that arrive with the same the first one gets it. Where the index waits for the end of the statement, it need only have
 * let go of it by then, as it has where versions are kept, all of which are closed before one is opened.
 */
function taken(merge: MergePlan, sql: MergeSql, index: UniqueIndex, own: ReadonlyMap<string, string>): Fault {
  const { key, keepsVersions } = merge;
  const { stage, target } = sql;
  const filled = [...own].map(([name, value]) => `, ${value} as ${quoteIdentifier(name)}`).join("");
  const inIndex = isInIndex(index);
  const entry = `${namedAs("k", key.map(quoteIdentifier))}, ${entryOf(index)}`;
  const keyList = (alias: string) => key.map((_, at) => `${alias}.k${at}`).join(", ");
  const hasKey = (alias: string, row: string) => key.map((_, at) => `${alias}.k${at} = ${row}.k${at}`).join(" and ");
  const holds = (alias: string, row: string) => isSameEntry(index, alias, row);
  // What arrives under the key of `b`, if it does, and holds another value than that, where `c` is not there.
  const isStageRow = key.map((name, at) => `s.${quoteIdentifier(name)} = b.k${at}`).join(" and ");
  const isBefore = keepsVersions || index.isDeferrable ? "" : ` and (${sql.keyList("s", key)}) < (${keyList("a")})`;
  return {
    rows: `with arriving as materialized (
        select ${AT} as at, ${entry} from (select s.ctid as ${AT}, s.*${filled} from ${stage} s) as rows${inIndex}),
      standing as (select ${entry} from ${target} t${inIndex}),
      taken as materialized (
        select a.at from arriving a join standing b on ${holds("a", "b")} and not (${hasKey("a", "b")})
          left join ${stage} s on ${isStageRow}${isBefore}
          left join arriving c on ${hasKey("c", "b")} and ${holds("c", "b")}
        where s.ctid is null or c.at is not null)
      select at from taken union
      select at from (select at, row_number() over (
          partition by ${entryList("a", index)} order by ${keyList("a")}) as number
        from arriving a where not exists (select from taken x where x.at = a.at)) as numbered where number > 1`,
    columns: index.columns,
  };
}
