import type { DestinationSurvey, TableDescription } from "@millrace/engine";
import type { TableName } from "@millrace/shared";
import { describeInTransaction, detailOf } from "./postgres-catalog.ts";
import type { PostgresSession } from "./postgres-session.ts";
import { type PresentType, typeKey, userTypes } from "./postgres-user-types.ts";

/** What a table has besides its columns that its replacement must have as well. */
export interface CarriedStructure {
  readonly owner: string;
  readonly isUnlogged: boolean;
  /** `name=value` pairs of `with (…)`. */
  readonly options: readonly string[];
  /** Null for the database's default. */
  readonly tablespace: string | null;
  readonly comment: string | null;
  /** `full`, `nothing` or `using index …`; null for the default. */
  readonly replicaIdentity: string | null;
  /** Primary key, unique and exclusion constraints, which an index of the same name backs. */
  readonly keys: readonly { name: string; definition: string; comment: string | null }[];
  readonly indexes: readonly { name: string; definition: string; isUnique: boolean; comment: string | null }[];
  /** `head` ends before the name of the table that is referred to, `tail` begins behind it. */
  readonly foreignKeys: readonly { name: string; head: string; referred: string; tail: string; isToItself: boolean }[];
  /** `create statistics` in full. */
  readonly statistics: readonly string[];
  /** Sequences of `serial` columns, and those inside identity columns with how far they have counted. */
  readonly sequences: readonly {
    name: string;
    bareName: string;
    column: string;
    isIdentity: boolean;
    /** How a serial column uses it. */
    default: string | null;
  }[];
  /** Who gets privileges on each new table by `alter default privileges`, and may have none on this one. */
  readonly defaultGrantees: readonly string[];
  readonly grants: readonly { grantee: string; privilege: string; isGrantable: boolean; column: string | null }[];
}

/** `DestinationSurvey.detail` of this connector. */
export interface PostgresSurvey {
  readonly serverVersion: number;
  readonly encoding: string;
  /** Those that are there of the destination's and the types' schemas. */
  readonly schemas: ReadonlySet<string>;
  /** Those that are there of the collations that the source's columns have, as `PostgresColumn` spells them. */
  readonly collations: ReadonlySet<string>;
  /** What is not there of the functions and operators that the source's domains need, for example `function public.f(text)`. */
  readonly lacking: ReadonlySet<string>;
  /** The source's own types that are there, by `typeKey`. */
  readonly types: ReadonlyMap<string, PresentType>;
  /** Null when nothing stands there, or no ordinary table. */
  readonly carried: CarriedStructure | null;
  /** Whether triggers or rules get rows before the table does, and may mend what it would refuse. */
  readonly mendsRows: boolean;
  /** Conditions on rows, as the table has them; each with the columns that it looks at. None where rows may be mended. */
  readonly checks: readonly {
    readonly name: string;
    readonly condition: string;
    readonly columns: readonly string[];
  }[];
  /** What would be lost or broken if the table were replaced, in PostgreSQL's own words. */
  readonly obstacles: readonly string[];
}

/** Looks, in one transaction that reads only. See `DestinationSide.survey`. */
export async function surveyDestination(
  session: PostgresSession,
  source: TableDescription,
  table: TableName,
): Promise<DestinationSurvey> {
  await session.query("begin isolation level repeatable read, read only");
  try {
    const existing = await describeInTransaction(session, table);
    await session.query("set local search_path to ''");
    const isOrdinary = existing !== null && detailOf(existing).relkind === "r";
    const oid = existing ? detailOf(existing).oid : "0";
    const detail: PostgresSurvey = {
      serverVersion: session.serverVersion,
      encoding: await encodingOf(session),
      schemas: await presentSchemas(session, source, table),
      collations: source.system === "postgresql" ? await presentCollations(session, source) : new Set(),
      lacking: source.system === "postgresql" ? await lackingObjects(session, source) : new Set(),
      types: source.system === "postgresql" ? await presentTypes(session, source) : new Map(),
      carried: isOrdinary ? await carriedStructure(session, oid) : null,
      ...(await conditionsOf(session, existing ? oid : null)),
      obstacles: isOrdinary ? await obstaclesOf(session, oid) : [],
    };
    return { existing, detail };
  } finally {
    await session.query("rollback");
  }
}

async function encodingOf(session: PostgresSession): Promise<string> {
  const [row] = await session.query<{ encoding: string }>("select current_setting('server_encoding') as encoding");
  return row?.encoding ?? "";
}

async function presentSchemas(
  session: PostgresSession,
  source: TableDescription,
  table: TableName,
): Promise<Set<string>> {
  const types = source.system === "postgresql" ? userTypes(detailOf(source)) : [];
  const wanted = [table.schema, ...types.map(({ schema }) => schema)];
  const rows = await session.query<{ nspname: string }>(
    "select nspname from pg_catalog.pg_namespace where nspname = any($1)",
    [wanted],
  );
  return new Set(rows.map(({ nspname }) => nspname));
}

async function presentCollations(session: PostgresSession, source: TableDescription): Promise<Set<string>> {
  const wanted = [...detailOf(source).columns.values()].flatMap(({ collation }) => collation ?? []);
  if (wanted.length === 0) return new Set();
  const rows = await session.query<{ collation: string }>(
    `select pg_catalog.format('%I.%I', n.nspname, l.collname) as collation
     from pg_catalog.pg_collation l join pg_catalog.pg_namespace n on n.oid = l.collnamespace
     where pg_catalog.format('%I.%I', n.nspname, l.collname) = any($1)
       and l.collencoding in (-1, pg_catalog.pg_char_to_encoding(pg_catalog.getdatabaseencoding()))`,
    [wanted],
  );
  return new Set(rows.map(({ collation }) => collation));
}

async function lackingObjects(session: PostgresSession, source: TableDescription): Promise<Set<string>> {
  const wanted = [...detailOf(source).types.values()].flatMap(({ domain }) => domain?.needs ?? []);
  if (wanted.length === 0) return new Set();
  const rows = await session.query<{ kind: string; identity: string }>(
    `select kind, identity from jsonb_to_recordset($1::jsonb) wanted(kind text, identity text)
     where (kind, identity) not in (
       -- What comes with every server has a lower oid (FirstNormalObjectId).
       select own.type, own.identity from (
         select 'pg_catalog.pg_proc'::regclass as class, oid from pg_catalog.pg_proc where oid >= 16384
         union all select 'pg_catalog.pg_operator'::regclass, oid from pg_catalog.pg_operator where oid >= 16384) o
       cross join lateral pg_catalog.pg_identify_object(o.class, o.oid, 0) own)`,
    [JSON.stringify(wanted)],
  );
  return new Set(rows.map(({ kind, identity }) => `${kind} ${identity}`));
}

const TYPES_SQL = `
select wanted.key, jsonb_build_object(
  'sqlName', pg_catalog.format_type(t.oid, null),
  'kind', t.typtype,
  'labels', (select coalesce(jsonb_agg(l.enumlabel order by l.enumsortorder), '[]')
    from pg_catalog.pg_enum l where l.enumtypid = t.oid),
  'attributes', (select coalesce(jsonb_agg(jsonb_build_object(
      'name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod)) order by a.attnum), '[]')
    from pg_catalog.pg_attribute a
    where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped))::text as type
from jsonb_to_recordset($1::jsonb) wanted(key text, schema text, name text, extension text)
join pg_catalog.pg_type t on t.typname = wanted.name
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
where case when wanted.extension is null then n.nspname = wanted.schema else exists (
  select from pg_catalog.pg_depend d join pg_catalog.pg_extension e on e.oid = d.refobjid
  where d.classid = 'pg_catalog.pg_type'::regclass and d.objid = t.oid and d.deptype = 'e'
    and d.refclassid = 'pg_catalog.pg_extension'::regclass and e.extname = wanted.extension) end`;

async function presentTypes(session: PostgresSession, source: TableDescription): Promise<Map<string, PresentType>> {
  const wanted = userTypes(detailOf(source)).map(({ schema, name, extension }) => ({
    key: typeKey({ schema, name, extension }),
    schema,
    name,
    extension,
  }));
  if (wanted.length === 0) return new Map();
  const rows = await session.query<{ key: string; type: string }>(TYPES_SQL, [JSON.stringify(wanted)]);
  return new Map(rows.map(({ key, type }) => [key, JSON.parse(type) as PresentType]));
}

const CARRIED_SQL = `
select jsonb_build_object(
  'owner', pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(c.relowner)),
  'isUnlogged', c.relpersistence = 'u',
  'options', coalesce(pg_catalog.to_jsonb(c.reloptions), '[]'),
  'comment', pg_catalog.obj_description(c.oid, 'pg_class'),
  'tablespace', (select pg_catalog.quote_ident(s.spcname) from pg_catalog.pg_tablespace s where s.oid = c.reltablespace),
  'replicaIdentity', case c.relreplident when 'f' then 'full' when 'n' then 'nothing' when 'i' then (
    select pg_catalog.format('using index %I', x.relname) from pg_catalog.pg_index i
    join pg_catalog.pg_class x on x.oid = i.indexrelid where i.indrelid = c.oid and i.indisreplident) end,
  'keys', (select coalesce(jsonb_agg(jsonb_build_object(
      'name', conname,
      'definition', pg_catalog.pg_get_constraintdef(k.oid),
      'comment', pg_catalog.obj_description(k.oid, 'pg_constraint')) order by conname), '[]')
    from pg_catalog.pg_constraint k where k.conrelid = c.oid and k.contype in ('p', 'u', 'x')),
  'indexes', (select coalesce(jsonb_agg(jsonb_build_object(
      'name', ic.relname,
      'isUnique', i.indisunique,
      'comment', pg_catalog.obj_description(ic.oid, 'pg_class'),
      'definition', pg_catalog.substr(pg_catalog.pg_get_indexdef(ic.oid),
        pg_catalog.length(pg_catalog.format('CREATE %sINDEX %I ON %I.%I USING ',
          case when i.indisunique then 'UNIQUE ' else '' end, ic.relname, n.nspname, c.relname)) + 1)) order by ic.relname), '[]')
    from pg_catalog.pg_index i join pg_catalog.pg_class ic on ic.oid = i.indexrelid
    where i.indrelid = c.oid
      and not exists (select from pg_catalog.pg_constraint k where k.conindid = ic.oid and k.contype in ('p', 'u', 'x'))),
  'foreignKeys', (select coalesce(jsonb_agg(jsonb_build_object(
      'name', conname,
      'head', part.head,
      'referred', part.referred,
      'tail', pg_catalog.substr(part.whole, pg_catalog.length(part.head || part.referred) + 1),
      'isToItself', k.confrelid = c.oid) order by conname), '[]')
    from pg_catalog.pg_constraint k
    cross join lateral (
      select pg_catalog.pg_get_constraintdef(k.oid) as whole,
        (select pg_catalog.format('FOREIGN KEY (%s) REFERENCES ',
            pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by key.position))
          from unnest(k.conkey) with ordinality key(attnum, position)
          join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = key.attnum) as head,
        (select pg_catalog.format('%I.%I', rn.nspname, r.relname) from pg_catalog.pg_class r
          join pg_catalog.pg_namespace rn on rn.oid = r.relnamespace where r.oid = k.confrelid) as referred
    ) part
    where k.conrelid = c.oid and k.contype = 'f'),
  'statistics', (select coalesce(jsonb_agg(pg_catalog.pg_get_statisticsobjdef(s.oid) order by s.stxname), '[]')
    from pg_catalog.pg_statistic_ext s where s.stxrelid = c.oid),
  'sequences', (select coalesce(jsonb_agg(jsonb_build_object(
      'name', pg_catalog.format('%I.%I', sn.nspname, s.relname),
      'bareName', s.relname,
      'column', a.attname,
      'isIdentity', d.deptype = 'i',
      'default', (select pg_catalog.pg_get_expr(e.adbin, e.adrelid) from pg_catalog.pg_attrdef e
        where e.adrelid = c.oid and e.adnum = a.attnum)) order by s.relname), '[]')
    from pg_catalog.pg_depend d
    join pg_catalog.pg_class s on s.oid = d.objid and s.relkind = 'S'
    join pg_catalog.pg_namespace sn on sn.oid = s.relnamespace
    join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
    where d.classid = 'pg_catalog.pg_class'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
      and d.refobjid = c.oid and d.deptype in ('a', 'i')),
  'defaultGrantees', (select coalesce(jsonb_agg(distinct
      case when g.grantee = 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(g.grantee)) end), '[]')
    from pg_catalog.pg_default_acl d cross join lateral pg_catalog.aclexplode(d.defaclacl) g
    where d.defaclrole = (select r.oid from pg_catalog.pg_roles r where r.rolname = current_user)
      and d.defaclobjtype = 'r' and d.defaclnamespace in (0, c.relnamespace) and g.grantee <> d.defaclrole),
  'grants', (select coalesce(jsonb_agg(jsonb_build_object(
      'grantee', case when g.grantee = 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(g.grantee)) end,
      'privilege', g.privilege_type,
      'isGrantable', g.is_grantable,
      'column', granted.column_name)), '[]')
    from (
      select c.relacl as acl, null::name as column_name
      union all
      select a.attacl, a.attname from pg_catalog.pg_attribute a
      where a.attrelid = c.oid and a.attacl is not null and not a.attisdropped
    ) granted
    cross join lateral pg_catalog.aclexplode(granted.acl) g
    where g.grantee <> c.relowner)
)::text as carried
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.oid = $1::oid`;

const CONDITIONS_SQL = `
with others as (
  select exists (select from pg_catalog.pg_rewrite r where r.ev_class = $1::oid)
    or exists (select from pg_catalog.pg_trigger t
      where (t.tgrelid = $1::oid or t.tgrelid in (select relid from pg_catalog.pg_partition_tree($1::oid)))
        and not t.tgisinternal and t.tgtype & 2 <> 0) as mend_rows)
select (select mend_rows from others) as mends_rows,
  coalesce(json_agg(json_build_object('name', k.conname, 'condition', pg_get_expr(k.conbin, k.conrelid),
    'columns', (select coalesce(json_agg(a.attname), '[]') from unnest(k.conkey) number
      join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = number)) order by k.conname), '[]')::text as checks
from pg_catalog.pg_constraint k
where k.conrelid = $1::oid and k.contype = 'c' and k.convalidated
  -- What looks at the row as a whole, or at columns of the server's own, means the table that it belongs to.
  and not coalesce(0 >= any (k.conkey), false)
  and not (select mend_rows from others)`;

async function conditionsOf(
  session: PostgresSession,
  oid: string | null,
): Promise<Pick<PostgresSurvey, "mendsRows" | "checks">> {
  if (oid === null) return { mendsRows: false, checks: [] };
  const [row] = await session.query<{ mends_rows: boolean; checks: string }>(CONDITIONS_SQL, [oid]);
  return { mendsRows: row?.mends_rows ?? false, checks: JSON.parse(row?.checks ?? "[]") as PostgresSurvey["checks"] };
}

export async function carriedStructure(session: PostgresSession, oid: string): Promise<CarriedStructure | null> {
  const [row] = await session.query<{ carried: string }>(CARRIED_SQL, [oid]);
  return row ? (JSON.parse(row.carried) as CarriedStructure) : null;
}

/**
 * Views, other tables' foreign keys and functions hang on the table or on its row type and would have to go with it. Triggers,
 * rules, policies, inheritance and publications are its own and say what its owner wants to happen: none is dropped silently.
 */
const OBSTACLES_SQL = `
select pg_catalog.pg_describe_object(d.classid, d.objid, 0) as obstacle
from pg_catalog.pg_class c
join pg_catalog.pg_depend d on (d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = c.oid)
  or (d.refclassid = 'pg_catalog.pg_type'::regclass and d.refobjid in (
    select t.oid from pg_catalog.pg_type t where t.oid = c.reltype
    union all select t.typarray from pg_catalog.pg_type t where t.oid = c.reltype))
where c.oid = $1::oid and d.deptype = 'n'
  and not (d.classid = 'pg_catalog.pg_constraint'::regclass
    and exists (select from pg_catalog.pg_constraint k where k.oid = d.objid and k.conrelid = c.oid))
  and not (d.classid = 'pg_catalog.pg_attrdef'::regclass
    and exists (select from pg_catalog.pg_attrdef f where f.oid = d.objid and f.adrelid = c.oid))
  and not (d.classid = 'pg_catalog.pg_statistic_ext'::regclass
    and exists (select from pg_catalog.pg_statistic_ext s where s.oid = d.objid and s.stxrelid = c.oid))
  and not (d.classid = 'pg_catalog.pg_class'::regclass and d.objid in (
    select c.oid union all select i.indexrelid from pg_catalog.pg_index i where i.indrelid = c.oid))
union
select pg_catalog.pg_describe_object('pg_catalog.pg_trigger'::regclass, t.oid, 0)
from pg_catalog.pg_trigger t where t.tgrelid = $1::oid and not t.tgisinternal
union
select pg_catalog.pg_describe_object('pg_catalog.pg_rewrite'::regclass, r.oid, 0)
from pg_catalog.pg_rewrite r where r.ev_class = $1::oid
union
select pg_catalog.pg_describe_object('pg_catalog.pg_policy'::regclass, p.oid, 0)
from pg_catalog.pg_policy p where p.polrelid = $1::oid
union
select 'row-level security' from pg_catalog.pg_class c where c.oid = $1::oid and c.relrowsecurity
union
select pg_catalog.format('publication %I', p.pubname)
from pg_catalog.pg_publication_rel r join pg_catalog.pg_publication p on p.oid = r.prpubid where r.prrelid = $1::oid
union
select 'inheritance with table ' || i.other::pg_catalog.regclass
from (select inhrelid as other from pg_catalog.pg_inherits where inhparent = $1::oid
  union all select inhparent from pg_catalog.pg_inherits where inhrelid = $1::oid) i
order by 1`;

/** See `PostgresSurvey.obstacles`. */
export async function obstaclesOf(session: PostgresSession, oid: string): Promise<string[]> {
  const rows = await session.query<{ obstacle: string }>(OBSTACLES_SQL, [oid]);
  return rows.map((row) => row.obstacle);
}
