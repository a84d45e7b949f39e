import type pg from "pg";

const LINES = `
select 'table ' || c.relname || ' owner ' || pg_get_userbyid(c.relowner) || ' kind ' || c.relkind::text || ' persistence ' || c.relpersistence::text
  || ' options ' || coalesce(c.reloptions::text, '-') || ' replica identity ' || c.relreplident::text
  || ' comment ' || coalesce(obj_description(c.oid, 'pg_class'), '-')
  || ' grants ' || coalesce((select string_agg(g.entry, ' ' order by g.entry) from (
       select case when a.grantee = 0 then 'public' else pg_get_userbyid(a.grantee) end || '=' || a.privilege_type || case when a.is_grantable then '*' else '' end as entry
       from aclexplode(c.relacl) a where a.grantee <> c.relowner) g), '-') as line
from pg_class c where c.oid = $1::regclass
union all
select 'column ' || a.attnum - (select count(*) from pg_attribute x where x.attrelid = a.attrelid and x.attisdropped and x.attnum < a.attnum)
  || ' ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
  || case when a.attnotnull then ' not null' else '' end || ' identity ' || a.attidentity::text || ' generated ' || a.attgenerated::text
  || ' storage ' || a.attstorage::text || ' default ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '-')
  || ' collation ' || coalesce((select collname from pg_collation l where l.oid = a.attcollation), '-')
  || ' grants ' || coalesce(a.attacl::text, '-') || ' comment ' || coalesce(col_description(a.attrelid, a.attnum), '-')
from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped
union all
select 'constraint ' || conname || ' ' || pg_get_constraintdef(oid) || ' valid ' || convalidated
  || ' comment ' || coalesce(obj_description(oid, 'pg_constraint'), '-')
from pg_constraint where conrelid = $1::regclass
union all
select 'index ' || pg_get_indexdef(indexrelid) || ' primary ' || indisprimary || ' identity ' || indisreplident
  || ' comment ' || coalesce(obj_description(indexrelid, 'pg_class'), '-')
from pg_index where indrelid = $1::regclass
union all
select 'sequence ' || s.relname || ' of ' || a.attname || ' ' || d.deptype::text
from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S' and d.classid = 'pg_class'::regclass
join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid where d.refobjid = $1::regclass and d.deptype in ('a', 'i')
union all
select 'statistics ' || pg_get_statisticsobjdef(oid) from pg_statistic_ext where stxrelid = $1::regclass
order by 1`;

/** All that a table is besides its rows, in lines that do not change when another table of the same structure takes its place. */
export async function structureOf(client: pg.Client, table: string): Promise<string[]> {
  const { rows } = await client.query<{ line: string }>(LINES, [table]);
  return rows.map(({ line }) => line);
}

/** Names of everything in the database that users did not make by name. */
export async function leftovers(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    "select relname as name from pg_class where relname like '%millrace%' and relnamespace <> coalesce(to_regnamespace('_millrace'), 0::regnamespace)",
  );
  return rows.map(({ name }) => name);
}
