import type { TableName } from "@millrace/shared";
import { quoteIdentifier, quoteTable } from "./postgres-identifiers.ts";
import type { PostgresSession } from "./postgres-session.ts";

/** What the catalog tells of a key or a foreign key that has refused rows, to find all of them by one query. */

/** What rows are at fault: a query for their `at`, which is where they are in the loaded table. */
export interface Fault {
  readonly rows: string;
  readonly columns: string;
}

/** A unique index: expressions of its table's columns. */
export interface UniqueIndex {
  readonly keys: readonly string[];
  /** For people. */
  readonly columns: string;
  /** Whatever of the table it looks at. */
  readonly looksAt: readonly string[];
  readonly hasEqualNulls: boolean;
  /** Whether two rows may be equal until the end of the statement. */
  readonly isDeferrable: boolean;
  /** Which rows are in it; null: all. */
  readonly condition: string | null;
}

const UNIQUE_INDEX = `
select (select json_agg(pg_get_indexdef(i.indexrelid, n, true) order by n)::text from generate_series(1, i.indnkeyatts::int) n) as keys,
       (select string_agg(pg_get_indexdef(i.indexrelid, n, true), ', ' order by n) from generate_series(1, i.indnkeyatts::int) n) as columns,
       (select coalesce(json_agg(a.attname), '[]')::text from pg_catalog.pg_attribute a
        where a.attrelid = i.indrelid and a.attnum > 0 and (a.attnum = any (i.indkey::int2[]) or exists (
          select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = i.indexrelid
            and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = i.indrelid and d.refobjsubid = a.attnum))) as looks_at,
       pg_get_expr(i.indpred, i.indrelid) as predicate, not i.indimmediate as is_deferrable,
       coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::bool, false) as has_equal_nulls
from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid
where i.indisunique and i.indrelid = to_regclass($1) and c.relname = $2`;

/** Null where the table has no unique index of the name. */
export async function uniqueIndexOf(
  session: PostgresSession,
  table: string,
  name: string,
): Promise<UniqueIndex | null> {
  const [found] = await session.query<{
    keys: string;
    columns: string;
    looks_at: string;
    predicate: string | null;
    is_deferrable: boolean;
    has_equal_nulls: boolean;
  }>(UNIQUE_INDEX, [table, name]);
  if (!found) return null;
  const keys = JSON.parse(found.keys) as string[];
  const conditions = [
    ...(found.has_equal_nulls ? [] : keys.map((key) => `(${key}) is not null`)),
    ...(found.predicate === null ? [] : [`(${found.predicate})`]),
  ];
  return {
    keys,
    columns: found.columns,
    looksAt: JSON.parse(found.looks_at) as string[],
    hasEqualNulls: found.has_equal_nulls,
    isDeferrable: found.is_deferrable,
    condition: conditions.length === 0 ? null : conditions.join(" and "),
  };
}

/** What rows have in the index, as `u0`, `u1`, … */
export const entryOf = ({ keys }: UniqueIndex): string => namedAs("u", keys);

/** `of u0, of u1, …`. */
export const entryList = (of: string, { keys }: UniqueIndex): string => keys.map((_, at) => `${of}.u${at}`).join(", ");

/** That two rows have the same in the index. */
export const isSameEntry = (index: UniqueIndex, a: string, b: string): string =>
  // As records null equals null.
  index.hasEqualNulls
    ? `row(${entryList(a, index)})::record = row(${entryList(b, index)})::record`
    : index.keys.map((_, at) => `${a}.u${at} = ${b}.u${at}`).join(" and ");

export const isInIndex = ({ condition }: UniqueIndex): string => (condition === null ? "" : ` where ${condition}`);

export const namedAs = (prefix: string, expressions: readonly string[]): string =>
  expressions.map((expression, at) => `${expression} as ${prefix}${at}`).join(", ");

interface ForeignKey {
  readonly columns: readonly string[];
  readonly referred: readonly string[];
  /** As SQL. */
  readonly referredTable: string;
  readonly isToItself: boolean;
  /** Whether a key that is null in part is refused. */
  readonly isFull: boolean;
}

/** Whether a row that is referred to is there can be seen only by whoever may see all of them. One over periods does not ask for equal values. */
const FOREIGN_KEY = `
select (select json_agg(a.attname order by k.n)::text from unnest(f.conkey) with ordinality k(number, n)
          join pg_catalog.pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.number) as columns,
       (select json_agg(a.attname order by k.n)::text from unnest(f.confkey) with ordinality k(number, n)
          join pg_catalog.pg_attribute a on a.attrelid = f.confrelid and a.attnum = k.number) as referred,
       f.confrelid = f.conrelid as is_to_itself, f.confrelid::regclass::text as table, f.confmatchtype = 'f' as is_full
from pg_catalog.pg_constraint f join pg_catalog.pg_class r on r.oid = f.confrelid
where f.contype = 'f' and f.conrelid = to_regclass($1) and f.conname = $2
  and not coalesce((to_jsonb(f) ->> 'conperiod')::bool, false) and not row_security_active(r.oid)
  and has_schema_privilege(r.relnamespace, 'usage') and has_table_privilege(r.oid, 'select')`;

/** Null where the table has no foreign key of the name, or one whose rows at fault a query cannot tell. */
export async function foreignKeyOf(session: PostgresSession, table: string, name: string): Promise<ForeignKey | null> {
  const [found] = await session.query<{
    columns: string;
    referred: string;
    is_to_itself: boolean;
    table: string;
    is_full: boolean;
  }>(FOREIGN_KEY, [table, name]);
  return found
    ? {
        columns: JSON.parse(found.columns) as string[],
        referred: JSON.parse(found.referred) as string[],
        referredTable: found.table,
        isToItself: found.is_to_itself,
        isFull: found.is_full,
      }
    : null;
}

/** The rows `s` of a table, `loaded`, that refer to nothing in `referredRows`, which is a table or a query in brackets. */
export function orphans(
  { columns, referred, isFull }: ForeignKey,
  loaded: string,
  referredRows: string,
  condition = "true",
): Fault {
  const own = columns.map((column) => `s.${quoteIdentifier(column)}`);
  const isAsked = own.map((column) => `${column} is not null`).join(isFull ? " or " : " and ");
  const isMet = referred.map((column, at) => `r.${quoteIdentifier(column)} = ${own[at]}`).join(" and ");
  return {
    rows: `select s.ctid as at from ${loaded} s
           where (${isAsked}) and not exists (select from ${referredRows} r where ${isMet}) and ${condition}`,
    columns: columns.join(", "),
  };
}

/** The columns of a constraint or of a unique index. */
const COLUMNS_OF = `
select string_agg(a.attname, ', ' order by k.at) as columns
from (select conkey as keys from pg_catalog.pg_constraint where conrelid = $1::regclass and conname = $2
      union all
      select i.indkey::int2[] from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid
      where i.indrelid = $1::regclass and c.relname = $2
      limit 1) of
cross join unnest(of.keys) with ordinality k(number, at)
join pg_catalog.pg_attribute a on a.attrelid = $1::regclass and a.attnum = k.number`;

/** Null where the constraint has no columns, or there is none. */
export async function columnsOf(
  session: PostgresSession,
  constraint: string | null,
  table: TableName,
): Promise<string | null> {
  if (constraint === null) return null;
  const [found] = await session.query<{ columns: string | null }>(COLUMNS_OF, [quoteTable(table), constraint]);
  return found?.columns ?? null;
}
