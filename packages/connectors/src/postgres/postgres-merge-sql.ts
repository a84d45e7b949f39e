import type { TablePlan } from "@millrace/engine";
import type { TableName } from "@millrace/shared";
import type { RowHashes } from "./postgres-digest.ts";
import { quoteIdentifier, quoteLiteral, quoteTable } from "./postgres-identifiers.ts";
import { type MergePlan, ownColumnOf, VERSION_COLUMNS } from "./postgres-merge-plan.ts";

/** The statements of a merge. In all of them `t` is the destination's table and `s` what arrived. */
export interface MergeSql {
  readonly target: string;
  readonly stage: string;
  /** That a row of `t` and one of `s` have the same key. */
  readonly sameKey: string;
  /** Which rows of `t` count as there: not marked as deleted, or the current version. */
  readonly isLive: string;
  readonly keyList: (alias: string, key: readonly string[]) => string;
  /** Answers `inserted` and `written`. */
  readonly upsert: string;
  /**
   * The same for so few rows that putting them in order costs nothing: each page of the table is then met once. With `hashes`
   * of a row it answers `isProven` as well: that what was stored adds up to what was sent, and nothing is there that could
   * change rows after they were stored. Whatever was not sent was compared byte by byte and is equal.
   */
  readonly upsertFew: (hashes: RowHashes | null) => string;
  /** Answers `inserted`: how many keys are not there yet. */
  readonly countNew: string;
  /** Answers `count`: of versions closed, since a row with their key arrived that differs. */
  readonly closeChanged: string;
  /** Answers `count`: of versions opened for keys without a current one. */
  readonly openVersions: string;
  /** What brings the rows to their keys, for whoever does not count them: one statement after the other. */
  readonly bringing: readonly string[];
  /** That a row of `t` and one of `s` hold the same in these columns, byte by byte. */
  readonly holdsSame: (columns: readonly string[]) => string;
}

/** `arrived`: a part of the stage instead of all of it, as a query in brackets; of `upsertFew` it is always all. */
export function mergeSql(plan: TablePlan, stageName: TableName, merge: MergePlan, arrived?: string): MergeSql {
  const { key, columns, compared } = merge;
  const target = quoteTable(plan.destinationTable);
  const stage = quoteTable(stageName);
  const rows = arrived ?? stage;
  const list = (alias: string, names: readonly string[]) =>
    names.map((name) => `${alias}.${quoteIdentifier(name)}`).join(", ");
  const names = columns.map(quoteIdentifier).join(", ");
  const same = (a: string, b: string) =>
    key.map((name) => `${a}.${quoteIdentifier(name)} = ${b}.${quoteIdentifier(name)}`).join(" and ");
  // By the bytes: every type has them, 1.0 is not 1.00, and NULL equals NULL.
  const differs = (a: string, b: string, names = compared) =>
    names.length === 0
      ? "false"
      : `row(${list(a, names)})::record operator(pg_catalog.*<>) row(${list(b, names)})::record`;
  const deletedAt = ownColumnOf(merge);
  const isMarked = (alias: string) => (deletedAt === null ? "false" : `${alias}.${deletedAt} is not null`);
  const sameKey = same("t", "s");
  const firstKey = quoteIdentifier(key[0] ?? "");
  const assignments = [
    ...compared.map((name) => `${quoteIdentifier(name)} = excluded.${quoteIdentifier(name)}`),
    ...(deletedAt === null ? [] : [`${deletedAt} = null`]),
  ];
  const onConflict =
    assignments.length === 0
      ? "do nothing"
      : `do update set ${assignments.join(", ")} where ${differs("t", "excluded")} or ${isMarked("t")}`;
  const isNew = merge.isPartitioned ? "null::boolean" : "t.xmax = 0";
  const isCurrent = `t.${quoteIdentifier(VERSION_COLUMNS.isCurrent)}`;
  // Rows that are there as they arrived are left out beforehand: a conflict would lock each of them.
  const differing = (
    from: string,
  ) => `select ${list("s", columns)} from ${from} s left join ${target} o on ${same("o", "s")}
      where o.${firstKey} is null or ${differs("o", "s")} or ${isMarked("o")}
      order by ${list("s", key)}`;
  const write = (rows: string) => `insert into ${target} as t (${names}) overriding system value
      ${rows}
      on conflict (${key.map(quoteIdentifier).join(", ")}) ${onConflict}
      returning ${isNew} as is_new`;
  const tally = "count(*) filter (where is_new)::text as inserted, count(*) filter (where is_stored)::text as written";
  const counted = (write: string) =>
    `with written as (${write} returning 1) select count(*)::text as count from written`;
  const sql = {
    target,
    stage,
    sameKey,
    isLive: merge.keepsVersions ? isCurrent : deletedAt === null ? "true" : `t.${deletedAt} is null`,
    keyList: list,
    upsert: `with stored as (${write(differing(rows))})
      select ${tally} from (select is_new, true as is_stored from stored) as written`,
    upsertFew: (hashes: RowHashes | null) => {
      const inOrder = `(select * from ${stage} order by ${key.map(quoteIdentifier).join(", ")})`;
      const hashed = hashes === null ? "" : `, ${hashes.columns}`;
      // The rows sent are kept for the second look at them as they pass by. First comes what was stored: it draws them.
      return `with sent as materialized (${differing(inOrder)}),
        stored as (${write(`select ${names} from sent`)}${hashed})
      select ${tally}, ${hashes === null ? "false" : isProven(target, hashes)} as "isProven" from (
        select true as is_stored, * from stored union all select false, null${hashed} from sent) as rows`;
    },
    countNew: `select count(*)::text as inserted from ${stage} s
      where not exists (select from ${target} t where ${sameKey})`,
    closeChanged: counted(`
      update ${target} t set ${quoteIdentifier(VERSION_COLUMNS.isCurrent)} = false,
        ${quoteIdentifier(VERSION_COLUMNS.to)} = greatest(now(), t.${quoteIdentifier(VERSION_COLUMNS.from)})
      from (select ${list("t", key)} from ${target} t join ${rows} s on ${sameKey}
        where ${isCurrent} and ${differs("t", "s")} order by ${list("t", key)} for update of t) s
      where ${sameKey} and ${isCurrent}`),
    openVersions: counted(`
      insert into ${target} (${names}, ${quoteIdentifier(VERSION_COLUMNS.from)}, ${quoteIdentifier(VERSION_COLUMNS.to)},
        ${quoteIdentifier(VERSION_COLUMNS.isCurrent)}) overriding system value
      select ${list("s", columns)}, now(), null, true from ${rows} s
      where not exists (select from ${target} t where ${isCurrent} and ${sameKey}) order by ${list("s", key)}`),
  };
  const bringing = merge.keepsVersions ? [sql.closeChanged, sql.openVersions] : [sql.upsert];
  const holdsSame = (names: readonly string[]) => `not (${differs("t", "s", names)})`;
  return { ...sql, bringing, holdsSame };
}

/** Of what was sent and what was stored. False as well where another session has meanwhile made a row what was sent for it. */
function isProven(target: string, { second }: RowHashes): string {
  const isSame = ["count(*)", "sum(h)", second]
    .map((sum) => `${sum} filter (where is_stored) is not distinct from ${sum} filter (where not is_stored)`)
    .join(" and ");
  return `${isSame} and (
    select not (c.relhasrules or c.relhassubclass or c.relrowsecurity) and not exists (
      select from pg_catalog.pg_trigger g where g.tgrelid = c.oid and not g.tgisinternal)
    from pg_catalog.pg_class c where c.oid = ${quoteLiteral(target)}::pg_catalog.regclass)`;
}
