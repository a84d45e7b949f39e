import type { ColumnDescription, TableDescription } from "@millrace/engine";
import { formatTableName, type TableKind, type TableName } from "@millrace/shared";
import type { PostgresSession } from "./postgres-session.ts";

/** A type that a column needs, itself or inside an array, domain, composite or range. */
export interface PostgresType {
  /** Decimal text: an oid is unsigned and must not become a signed integer anywhere. */
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  /** Schema-qualified unless built in, quoted, without modifiers: `numeric`, `public.mood`, `public.mood[]`. */
  readonly sqlName: string;
  /** `pg_type.typtype`: b(ase), c(omposite), d(omain), e(num), p(seudo), r(ange), m(ultirange). */
  readonly kind: string;
  readonly elementOid: string | null;
  readonly extension: string | null;
  /** Comes with every server, so it need not be created and has the same oid everywhere. */
  readonly isBuiltIn: boolean;
  /** Has send and receive functions, so it can travel in binary. */
  readonly isBinary: boolean;
  readonly hasHash: boolean;
  /** Its own seeded hash function, which takes just this type; null where it hashes by that of another one. */
  readonly hashFunction: string | null;
  readonly labels: readonly string[];
  readonly domain: PostgresDomain | null;
  readonly attributes: readonly { name: string; type: string; typeOid: string }[];
  readonly range: { subtype: string; subtypeOid: string; rangeOid: string } | null;
}

export interface PostgresDomain {
  /** With its modifiers. */
  readonly base: string;
  readonly baseOid: string;
  readonly isNotNull: boolean;
  readonly default: string | null;
  readonly checks: readonly string[];
  /** Functions and operators that default and checks use and that not every server has. */
  readonly needs: readonly { kind: string; identity: string }[];
}

export interface PostgresColumn {
  readonly typeOid: string;
  /** `pg_attribute.attidentity`: a(lways), d (by default), or empty. */
  readonly identity: string;
  /** Whether equal means the same bytes; false under an ICU collation that ignores case, for example. */
  readonly isDeterministic: boolean;
  /** Qualified and quoted; null where it is the type's own. */
  readonly collation: string | null;
}

export interface PostgresIndex {
  readonly name: string;
  /** From the access method on: `btree (a, b) WHERE …`. */
  readonly definition: string;
  readonly isUnique: boolean;
  /** All columns that it speaks of. */
  readonly columns: readonly string[];
}

/** `TableDescription.detail` of this connector. */
export interface PostgresTable {
  readonly oid: string;
  readonly relkind: string;
  readonly isPartition: boolean;
  readonly serverVersion: number;
  /** Whether row policies hide rows from the user. */
  readonly hidesRows: boolean;
  /** Of the database, for example `UTF8`: what text is hashed in. */
  readonly encoding: string;
  /** By column name. A map, since a column may have any name, `__proto__` included. */
  readonly columns: ReadonlyMap<string, PostgresColumn>;
  /** By oid. */
  readonly types: ReadonlyMap<string, PostgresType>;
  /** Those that back no primary key, valid ones only. */
  readonly indexes: readonly PostgresIndex[];
  /** Sets of columns whose values no two rows share, NULLs aside, which the server enforces row by row. */
  readonly uniqueKeys: readonly (readonly string[])[];
  /** What is read where it is not the table as it is: in the words of `PostgresRelation`, and only to be compared. */
  readonly readAs?: string;
}

interface CatalogRow {
  oid: string;
  relkind: string;
  isPartition: boolean;
  hidesRows: boolean;
  encoding: string;
  estimatedRows: number | null;
  estimatedBytes: number | null;
  columns: (Omit<ColumnDescription, "isGenerated"> & PostgresColumn & { generated: string })[];
  primaryKey: string[];
  types: PostgresType[];
  indexes: PostgresIndex[];
  uniqueKeys: string[][];
}

const KINDS: Record<string, TableKind> = {
  r: "table",
  p: "partitioned_table",
  v: "view",
  m: "materialized_view",
  f: "foreign_table",
};

/** Multiranges came with version 14. */
const multirangeOf = (serverVersion: number) => (serverVersion >= 140_000 ? "r.rngmultitypid" : "null::oid");

/** The types under `seed`, a query of oids, and all that they are made of. */
const reachedTypes = (serverVersion: number, seed: string) => `reached(oid) as (
  ${seed}
  union
  select inner_type.oid from reached join pg_catalog.pg_type t on t.oid = reached.oid
  cross join lateral (
    -- Before version 14 a domain over an array has the array's element as well.
    select t.typelem as oid where t.typelem <> 0 and t.typcategory = 'A' and t.typtype = 'b'
    union all select t.typbasetype where t.typtype = 'd'
    union all select a.atttypid from pg_catalog.pg_attribute a
      where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
    union all select unnest(array[r.rngsubtype, r.rngtypid]) from pg_catalog.pg_range r
      where t.oid in (r.rngtypid, ${multirangeOf(serverVersion)})
  ) inner_type
)`;

/** What `reachedTypes` found, as `PostgresType`s. */
const typesJson = (serverVersion: number) => `(select coalesce(jsonb_agg(jsonb_build_object(
      'oid', t.oid::text,
      'schema', n.nspname,
      'name', t.typname,
      'sqlName', pg_catalog.format_type(t.oid, null),
      'kind', t.typtype,
      'elementOid', case when t.typelem <> 0 and t.typcategory = 'A' and t.typtype = 'b' then t.typelem::text end,
      'extension', (select e.extname from pg_catalog.pg_depend d join pg_catalog.pg_extension e on e.oid = d.refobjid
        where d.classid = 'pg_catalog.pg_type'::regclass and d.refclassid = 'pg_catalog.pg_extension'::regclass
          and d.deptype = 'e'
          and d.objid = case when t.typelem <> 0 and t.typcategory = 'A' and t.typtype = 'b' then t.typelem else t.oid end),
      'isBuiltIn', n.nspname in ('pg_catalog', 'information_schema'),
      'isBinary', t.typsend <> 0 and t.typreceive <> 0,
      'hasHash', exists (select from pg_catalog.pg_opclass o
        join pg_catalog.pg_am am on am.oid = o.opcmethod and am.amname = 'hash'
        join pg_catalog.pg_amproc p on p.amprocfamily = o.opcfamily and p.amproclefttype = o.opcintype and p.amprocnum = 2
        where o.opcintype = t.oid and o.opcdefault),
      'hashFunction', (select f.proname from pg_catalog.pg_opclass o
        join pg_catalog.pg_am am on am.oid = o.opcmethod and am.amname = 'hash'
        join pg_catalog.pg_amproc p on p.amprocfamily = o.opcfamily and p.amproclefttype = o.opcintype and p.amprocnum = 2
        join pg_catalog.pg_proc f on f.oid = p.amproc
        where o.opcintype = t.oid and o.opcdefault and f.proargtypes[0] = t.oid
          and f.pronamespace = 'pg_catalog'::regnamespace),
      'labels', (select coalesce(jsonb_agg(l.enumlabel order by l.enumsortorder), '[]')
        from pg_catalog.pg_enum l where l.enumtypid = t.oid),
      'domain', case when t.typtype = 'd' then jsonb_build_object(
        'base', pg_catalog.format_type(t.typbasetype, t.typtypmod),
        'baseOid', t.typbasetype::text,
        'isNotNull', t.typnotnull,
        'default', pg_catalog.pg_get_expr(t.typdefaultbin, 0),
        'checks', (select coalesce(jsonb_agg(
            pg_catalog.regexp_replace(pg_catalog.pg_get_constraintdef(c.oid), ' NOT VALID$', '') order by c.conname), '[]')
          from pg_catalog.pg_constraint c where c.contypid = t.oid and c.contype = 'c'),
        'needs', (select coalesce(jsonb_agg(distinct jsonb_build_object('kind', needed.type, 'identity', needed.identity)), '[]')
          from pg_catalog.pg_depend d
          cross join lateral pg_catalog.pg_identify_object(d.refclassid, d.refobjid, 0) needed
          where d.refclassid in ('pg_catalog.pg_proc'::regclass, 'pg_catalog.pg_operator'::regclass)
            and (d.classid = 'pg_catalog.pg_type'::regclass and d.objid = t.oid
                -- Those of the type under it are no rules.
                and d.refobjid not in (t.typinput, t.typoutput, t.typreceive, t.typsend, t.typanalyze)
              or d.classid = 'pg_catalog.pg_constraint'::regclass and d.objid in (
                select c.oid from pg_catalog.pg_constraint c where c.contypid = t.oid)))) end,
      'attributes', (select coalesce(jsonb_agg(jsonb_build_object(
          'name', a.attname,
          'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
          'typeOid', a.atttypid::text) order by a.attnum), '[]')
        from pg_catalog.pg_attribute a
        where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped),
      'range', (select jsonb_build_object(
          'subtype', pg_catalog.format_type(r.rngsubtype, null),
          'subtypeOid', r.rngsubtype::text,
          'rangeOid', r.rngtypid::text)
        from pg_catalog.pg_range r where t.oid in (r.rngtypid, ${multirangeOf(serverVersion)})))), '[]')
    from reached join pg_catalog.pg_type t using (oid) join pg_catalog.pg_namespace n on n.oid = t.typnamespace)`;

/**
 * One statement, one round trip. Names of types and tables are qualified because the search path is empty around it; index
 * definitions are cut behind ` USING `, whose place is known from what stands before it.
 */
const describeSql = (serverVersion: number) => `
with recursive rel as (
  select c.oid, c.relkind, c.relispartition, c.reltuples, n.nspname, c.relname
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p', 'v', 'm', 'f')
), att as (
  select a.* from pg_catalog.pg_attribute a join rel on a.attrelid = rel.oid
  where a.attnum > 0 and not a.attisdropped
), ${reachedTypes(serverVersion, "select atttypid from att")}
select jsonb_build_object(
  'oid', rel.oid::text,
  'relkind', rel.relkind,
  'isPartition', rel.relispartition,
  'hidesRows', pg_catalog.row_security_active(rel.oid),
  'encoding', pg_catalog.current_setting('server_encoding'),
  'estimatedRows', case when rel.reltuples >= 0 and rel.relkind in ('r', 'p', 'm') then rel.reltuples end,
  'estimatedBytes', case when rel.relkind in ('r', 'm') then pg_catalog.pg_relation_size(rel.oid) end,
  'columns', (select coalesce(jsonb_agg(jsonb_build_object(
      'name', attname,
      'type', pg_catalog.format_type(atttypid, atttypmod),
      'typeOid', atttypid::text,
      'isNullable', not attnotnull,
      'generated', attgenerated,
      'identity', attidentity,
      'collation', (select pg_catalog.format('%I.%I', ln.nspname, l.collname)
        from pg_catalog.pg_collation l join pg_catalog.pg_namespace ln on ln.oid = l.collnamespace
        where l.oid = attcollation and attcollation <> (select y.typcollation from pg_catalog.pg_type y where y.oid = atttypid)),
      'isDeterministic', coalesce((select l.collisdeterministic from pg_catalog.pg_collation l where l.oid = attcollation), true),
      'hasDefault', atthasdef and attgenerated = '') order by attnum), '[]') from att),
  'primaryKey', (select coalesce(jsonb_agg(att.attname order by key.position), '[]')
    from pg_catalog.pg_constraint con
    cross join lateral unnest(con.conkey) with ordinality key(attnum, position)
    join att on att.attnum = key.attnum
    where con.conrelid = rel.oid and con.contype = 'p'),
  'types', ${typesJson(serverVersion)},
  'indexes', (select coalesce(jsonb_agg(jsonb_build_object(
      'name', ic.relname,
      'isUnique', i.indisunique,
      'columns', (select coalesce(jsonb_agg(distinct a.attname), '[]') from pg_catalog.pg_attribute a
        where a.attrelid = i.indrelid and (a.attnum = any(i.indkey) or exists (
          -- What its expressions and its condition speak of.
          select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = i.indexrelid
            and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = i.indrelid and d.refobjsubid = a.attnum))),
      'definition', pg_catalog.substr(pg_catalog.pg_get_indexdef(i.indexrelid),
        pg_catalog.length(pg_catalog.format('CREATE %sINDEX %I ON %s%I.%I USING ',
          case when i.indisunique then 'UNIQUE ' else '' end, ic.relname,
          case when rel.relkind = 'p' then 'ONLY ' else '' end, rel.nspname, rel.relname)) + 1)) order by ic.relname), '[]')
    from pg_catalog.pg_index i join pg_catalog.pg_class ic on ic.oid = i.indexrelid
    where i.indrelid = rel.oid and not i.indisprimary and i.indisvalid
      and not exists (select from pg_catalog.pg_constraint x where x.conindid = ic.oid and x.contype = 'x')),
  'uniqueKeys', (select coalesce(jsonb_agg(unique_key.columns), '[]')
    from pg_catalog.pg_index i
    cross join lateral (
      select jsonb_agg(att.attname order by key.position) as columns
      from unnest(i.indkey::int2[]) with ordinality key(attnum, position) join att on att.attnum = key.attnum
      where key.position <= i.indnkeyatts) unique_key
    where i.indrelid = rel.oid and i.indisunique and i.indisvalid and i.indimmediate
      and i.indpred is null and i.indexprs is null)
)::text as description
from rel`;

/**
 * The table as the catalog has it, or null. Must run inside a transaction: the search path is emptied around it, so that
 * every name comes qualified, and set back for whatever the transaction does next.
 */
export async function describeInTransaction(
  session: PostgresSession,
  table: TableName,
): Promise<TableDescription | null> {
  await session.query("set local search_path to ''");
  const [row] = await session.query<{ description: string }>(describeSql(session.serverVersion), [
    table.schema,
    table.name,
  ]);
  await session.query("set local search_path to default");
  return row ? present(session, table, JSON.parse(row.description) as CatalogRow) : null;
}

/**
 * The types of these oids and all that they are made of, and how each column of that type and modifier is spelled. Must run
 * inside a transaction, as `describeInTransaction`.
 */
export async function describeTypes(
  session: PostgresSession,
  columns: readonly { readonly typeOid: string; readonly modifier: number }[],
): Promise<{ readonly types: ReadonlyMap<string, PostgresType>; readonly spellings: readonly string[] }> {
  await session.query("set local search_path to ''");
  const [row] = await session.query<{ types: string; spellings: string }>(
    `with recursive ${reachedTypes(session.serverVersion, "select unnest($1::oid[])")}
     select ${typesJson(session.serverVersion)}::text as types,
       (select coalesce(jsonb_agg(pg_catalog.format_type(oid, nullif(modifier, -1)) order by place), '[]')::text
        from unnest($1::oid[], $2::int4[]) with ordinality c(oid, modifier, place)) as spellings`,
    [columns.map(({ typeOid }) => typeOid), columns.map(({ modifier }) => modifier)],
  );
  await session.query("set local search_path to default");
  const types = JSON.parse(row?.types ?? "[]") as PostgresType[];
  return {
    types: new Map(types.map((type) => [type.oid, type])),
    spellings: JSON.parse(row?.spellings ?? "[]") as string[],
  };
}

/** As `describeInTransaction`, in a transaction of its own. */
export async function describeTable(session: PostgresSession, table: TableName): Promise<TableDescription | null> {
  await session.query("begin read only");
  try {
    return await describeInTransaction(session, table);
  } finally {
    await session.query("rollback");
  }
}

function present(session: PostgresSession, table: TableName, row: CatalogRow): TableDescription {
  const detail: PostgresTable = {
    oid: row.oid,
    relkind: row.relkind,
    isPartition: row.isPartition,
    hidesRows: row.hidesRows,
    encoding: row.encoding,
    serverVersion: session.serverVersion,
    columns: new Map(
      row.columns.map(({ name, typeOid, identity, isDeterministic, collation }) => [
        name,
        { typeOid, identity, isDeterministic, collation },
      ]),
    ),
    types: new Map(row.types.map((type) => [type.oid, type])),
    indexes: row.indexes,
    uniqueKeys: row.uniqueKeys,
  };
  return {
    schema: table.schema,
    name: table.name,
    kind: KINDS[row.relkind] ?? "table",
    reference: formatTableName(table),
    estimatedRows: row.estimatedRows,
    estimatedBytes: row.estimatedBytes,
    columns: row.columns.map(({ name, type, isNullable, generated, hasDefault }) => ({
      name,
      type,
      isNullable,
      isGenerated: generated !== "",
      hasDefault,
    })),
    primaryKey: row.primaryKey,
    system: "postgresql",
    detail,
  };
}

/** The detail of a description that this connector made. */
export const detailOf = (description: TableDescription): PostgresTable => description.detail as PostgresTable;
