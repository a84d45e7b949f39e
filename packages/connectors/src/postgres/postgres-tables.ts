import {
  AppError,
  formatTableName,
  type RowPreview,
  type TableKind,
  type TableName,
  type TableSummary,
} from "@millrace/shared";
import { quoteTable } from "./postgres-identifiers.ts";
import { firstRows } from "./postgres-preview.ts";
import type { PostgresSession } from "./postgres-session.ts";

/**
 * Relations that the user may read or write. A partitioned table is as large as its partitions. Asking for the size of a
 * table that somebody is rewriting would wait for them, as would `pg_partition_tree`, so such a table has none.
 */
const LIST_TABLES = `
  with recursive partitions(root, oid) as (
    select i.inhparent, i.inhrelid
      from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhparent and c.relkind = 'p'
    union all
    select p.root, i.inhrelid from partitions p join pg_catalog.pg_inherits i on i.inhparent = p.oid
  ), rewritten as materialized (
    select coalesce(i.indrelid, l.relation) as oid
      from pg_catalog.pg_locks l
      left join pg_catalog.pg_index i on i.indexrelid = l.relation
     where l.mode = 'AccessExclusiveLock' and l.relation is not null
       and l.database = (select oid from pg_catalog.pg_database where datname = current_database())
  ), parts as (
    select p.root,
           case when c.reltuples >= 0 and (c.reltuples > 0 or c.relpages > 0 or $1 >= 140000)
                then c.reltuples::float8 end as rows,
           case when c.relkind in ('r', 'm') and c.oid not in (select oid from rewritten)
                then pg_total_relation_size(c.oid) end as bytes
      from pg_catalog.pg_class c
      join (select root, oid from partitions union all select oid, oid from pg_catalog.pg_class) p on p.oid = c.oid
     where c.relkind in ('r', 'v', 'm', 'f')
       and c.relnamespace not in (select oid from pg_catalog.pg_namespace where nspname ~ '^pg_')
  ), sizes as (
    select root,
           case when bool_and(rows is not null) then sum(rows) end as rows,
           case when bool_and(bytes is not null) then sum(bytes) end as bytes
      from parts group by root
  )
  select n.nspname as schema, c.relname as name, c.relkind::text as kind,
         case when c.relkind <> 'v' then s.rows end as rows, s.bytes::text as bytes,
         -- Columns one by one are asked for only where the table as a whole is not granted.
         has_table_privilege(c.oid, 'select') or not exists (
           select from pg_catalog.pg_attribute a
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
              and not has_column_privilege(c.oid, a.attnum, 'select')) as is_readable
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    left join sizes s on s.root = c.oid
   where c.relkind in ('r', 'p', 'v', 'm', 'f')
     and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', '_millrace')
     and has_schema_privilege(n.oid, 'usage')
     and (has_table_privilege(c.oid, 'select, insert') or has_any_column_privilege(c.oid, 'select'))
   order by n.nspname collate "C", c.relname collate "C"`;

const KINDS: Readonly<Record<string, TableKind>> = {
  r: "table",
  p: "partitioned_table",
  v: "view",
  m: "materialized_view",
  f: "foreign_table",
};

interface TableRow {
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  readonly rows: string | null;
  readonly bytes: string | null;
  readonly is_readable: boolean;
}

/** Tables, partitions, views and foreign tables that the user may read or write, by schema and name. */
export async function listTables(session: PostgresSession): Promise<TableSummary[]> {
  const rows = await session.query<TableRow>(LIST_TABLES, [session.serverVersion]);
  return rows.map(({ schema, name, kind, rows, bytes, is_readable: isReadable }) => ({
    schema,
    name,
    kind: KINDS[kind] ?? "table",
    reference: formatTableName({ schema, name }),
    estimatedRows: rows === null ? null : Math.round(Number(rows)),
    estimatedBytes: bytes === null ? null : Number(bytes),
    isReadable,
  }));
}

const LIST_COLUMNS = `
  select a.attname as name, t.typname as type
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = a.attrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_type t on t.oid = a.atttypid
   where n.nspname = $1 and c.relname = $2 and a.attnum > 0 and not a.attisdropped
   order by a.attnum`;

/**
 * The first rows in the server's order, each value as the server's text and at most 500 characters of it. Reads in a
 * transaction that cannot write, since a view may call functions. Throws `SOURCE_TABLE_MISSING`, `PRIVILEGE_MISSING`.
 */
export async function preview(session: PostgresSession, table: TableName, limit: number): Promise<RowPreview> {
  const reference = formatTableName(table);
  const found = await session.query<{ exists: boolean }>("select to_regclass($1) is not null as exists", [
    quoteTable(table),
  ]);
  if (!found[0]?.exists) throw new AppError("SOURCE_TABLE_MISSING", { params: { table: reference } });
  const columns = await session.query<{ name: string; type: string }>(LIST_COLUMNS, [table.schema, table.name]);
  await session.query("begin transaction read only");
  try {
    return await firstRows(session, quoteTable(table), columns, limit);
  } catch (error) {
    throw session.toError(error, reference);
  } finally {
    await session.query("rollback").catch(() => {});
  }
}
