import type { ColumnMapping, TableDescription } from "@millrace/engine";
import type { TableName } from "@millrace/shared";
import pg from "pg";
import { detailOf } from "./postgres-catalog.ts";
import { quoteIdentifier, quoteTable } from "./postgres-identifiers.ts";
import type { MergePlan } from "./postgres-merge-plan.ts";
import { type KeptTable, settingAside } from "./postgres-kept-table.ts";
import type { CarriedStructure } from "./postgres-survey.ts";

/** A statement that may fail without failing the run, such as an index on a function that the destination lacks. */
export interface FinishStatement {
  readonly sql: string;
  readonly isOptional: boolean;
}

/** The statements around a load, in their order. Without a stage of its own all of them run in the load's one transaction. */
export interface StructurePlan {
  /** Before the load. */
  readonly setup: readonly string[];
  /** The table that takes the rows. */
  readonly loadTable: TableName;
  /** Whether this transaction makes `loadTable`, so that nobody else sees it and rows can be stored frozen. */
  readonly isFresh: boolean;
  /** After verification: keys and indexes, which are built faster over all rows than row by row. */
  readonly finish: readonly FinishStatement[];
  /** Last, while readers of the old table wait: only what takes no time. */
  readonly publish: readonly string[];
  /** The one of `publish` that adds the rows of `loadTable` to a table of others, and that is proved by itself; null: none. */
  readonly adds: string | null;
  /** How the rows of `loadTable` come into the destination's table, after verification; null where that table is it. */
  readonly merge: MergePlan | null;
  /** What is kept of the table that is replaced; null: nothing. */
  readonly kept: KeptTable | null;
  /** What keys and indexes are called in the end, by their names until then: errors speak of the first to people. */
  readonly realNames: ReadonlyMap<string, string>;
}

/**
 * A table that does not exist yet, with the source's types, NOT NULL, primary key and those indexes that it can have. With a
 * stage it begins its life there and comes to its place before its key and indexes are built, so that these are called after it.
 */
export function createdTable(
  source: TableDescription,
  table: TableName,
  columns: readonly ColumnMapping[],
  collations: ReadonlySet<string>,
  stage: TableName = table,
  // Of columns that the source has not.
  more: readonly string[] = [],
): StructurePlan {
  const target = quoteTable(table);
  const isStaged = stage !== table;
  const isNullable = new Map(source.columns.map((column) => [column.name, column.isNullable]));
  const definitions = columns.map(({ name, type }) => {
    const collation = detailOf(source).columns.get(name)?.collation ?? null;
    const collate = collation !== null && collations.has(collation) ? ` collate ${collation}` : "";
    const notNull = isStaged ? namedNotNull(table.name, name) : " not null";
    return `${quoteIdentifier(name)} ${type}${collate}${isNullable.get(name) === false ? notNull : ""}`;
  });
  const key = source.primaryKey.map(quoteIdentifier).join(", ");
  return {
    setup: [`create table ${quoteTable(stage)} (${[...definitions, ...more].join(", ")})`],
    loadTable: stage,
    isFresh: true,
    finish: [
      ...(isStaged ? placeStage(stage, table) : []),
      ...(key === "" ? [] : [{ sql: `alter table ${target} add primary key (${key})`, isOptional: false }]),
      ...detailOf(source).indexes.map(({ definition, isUnique }) => ({
        sql: `create ${isUnique ? "unique " : ""}index on ${target} using ${definition}`,
        isOptional: true,
      })),
    ],
    publish: [],
    adds: null,
    merge: null,
    kept: null,
    realNames: new Map(),
  };
}

/** Since version 18 NOT NULL has a name, which is the table's at its birth; older servers pass over it. */
function namedNotNull(table: string, column: string): string {
  const name = `${table}_${column}_not_null`;
  return Buffer.byteLength(name) > MAX_NAME_BYTES ? " not null" : ` constraint ${quoteIdentifier(name)} not null`;
}

/** NAMEDATALEN less its end. */
const MAX_NAME_BYTES = 63;

/** Moves a filled table to a name that is free, and gives it the privileges that new tables of that schema get there. */
function placeStage(stage: TableName, table: TableName): FinishStatement[] {
  const { schema, name } = table;
  const schemaSql = quoteIdentifier(schema);
  const grants = `declare given record;
begin
  for given in
    select g.privilege_type, g.is_grantable,
      case when g.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(g.grantee)) end as grantee
    from pg_catalog.pg_default_acl d cross join lateral aclexplode(d.defaclacl) g
    where d.defaclrole = (select oid from pg_catalog.pg_roles where rolname = current_user)
      and d.defaclobjtype = 'r' and d.defaclnamespace = ${pg.escapeLiteral(schemaSql)}::regnamespace
  loop
    execute format('grant %s on ${quoteTable(table).replaceAll("%", "%%").replaceAll("'", "''")} to %s %s', given.privilege_type, given.grantee,
      case when given.is_grantable then 'with grant option' else '' end);
  end loop;
end`;
  return [
    `alter table ${quoteTable(stage)} set schema ${schemaSql}`,
    `alter table ${quoteTable({ schema, name: stage.name })} rename to ${quoteIdentifier(name)}`,
    `do ${pg.escapeLiteral(grants)}`,
  ].map((sql) => ({ sql, isOptional: false }));
}

/** Rows are added to what is there. */
export function writtenInPlace(table: TableName): StructurePlan {
  const { schema, name } = table;
  return {
    setup: [],
    loadTable: { schema, name },
    isFresh: false,
    finish: [],
    publish: [],
    adds: null,
    merge: null,
    kept: null,
    realNames: new Map(),
  };
}

/**
 * A table beside the existing one, of the same structure, that takes its place and name at the end. Keys and indexes are
 * built under names of their own, since their real names are taken until the old table is gone. A stage in another schema
 * comes over first thing at the end, and gets its owner and privileges only there.
 */
export function stagedTable(
  existing: TableDescription,
  carried: CarriedStructure,
  // The oid keeps the stages of different tables apart.
  stage: TableName = { schema: existing.schema, name: `_millrace_stage_${detailOf(existing).oid}` },
  keepHours = 0,
  // Brings a table of the existing one's structure to that which the new one is to have.
  alter: (table: string) => readonly string[] = () => [],
): StructurePlan {
  const { oid } = detailOf(existing);
  const { schema, name } = existing;
  const isElsewhere = stage.schema !== schema;
  const bornSql = quoteTable(stage);
  const stageSql = quoteTable({ schema, name: stage.name });
  const targetSql = quoteTable({ schema, name });
  const ofStage = (suffix: string) => `_millrace_stage_${oid}_${suffix}`;
  const inSchema = (objectName: string) => quoteTable({ schema, name: objectName });

  const creation =
    `create ${carried.isUnlogged ? "unlogged " : ""}table ${bornSql} (like ${targetSql} including all excluding indexes excluding statistics)` +
    (carried.options.length > 0 ? ` with (${carried.options.join(", ")})` : "") +
    (carried.tablespace === null ? "" : ` tablespace ${carried.tablespace}`);
  const belongings = [
    ...(carried.defaultGrantees.length > 0
      ? [`revoke all on ${stageSql} from ${carried.defaultGrantees.join(", ")}`]
      : []),
    `alter table ${stageSql} owner to ${carried.owner}`,
    ...(carried.comment === null ? [] : [`comment on table ${stageSql} is ${pg.escapeLiteral(carried.comment)}`]),
    ...carried.grants.map(
      ({ grantee, privilege, isGrantable, column }) =>
        `grant ${privilege}${column === null ? "" : ` (${quoteIdentifier(column)})`} on ${stageSql} to ${grantee}` +
        (isGrantable ? " with grant option" : ""),
    ),
  ];

  const finish = [
    ...carried.keys.map(
      ({ definition }, index) =>
        `alter table ${bornSql} add constraint ${quoteIdentifier(ofStage(`key_${index}`))} ${definition}`,
    ),
    ...carried.indexes.map(
      ({ definition, isUnique }, index) =>
        `create ${isUnique ? "unique " : ""}index ${quoteIdentifier(ofStage(`index_${index}`))} on ${bornSql} using ${definition}`,
    ),
    ...carried.foreignKeys.map(
      ({ name: constraint, head, referred, tail, isToItself }) =>
        `alter table ${bornSql} add constraint ${quoteIdentifier(constraint)} ${head}${isToItself ? bornSql : referred}${tail}`,
    ),
  ].map((sql) => ({ sql, isOptional: false }));

  const identities = carried.sequences.filter(({ isIdentity }) => isIdentity);
  const identityStates = identities.map(
    ({ name: sequence, column }) =>
      `select setval(pg_get_serial_sequence(${pg.escapeLiteral(stageSql)}, ${pg.escapeLiteral(column)}), last_value, is_called) from ${sequence}`,
  );
  const serials = carried.sequences
    .filter(({ isIdentity }) => !isIdentity)
    .map(({ name: sequence, column }) => `alter sequence ${sequence} owned by ${stageSql}.${quoteIdentifier(column)}`);

  const kept = keepHours > 0 ? { oid, table: { schema, name }, carried, keepHours } : null;
  return {
    kept,
    setup: [creation, ...alter(bornSql), ...(isElsewhere ? [] : belongings)],
    loadTable: stage,
    isFresh: true,
    finish,
    adds: null,
    merge: null,
    realNames: new Map([
      ...carried.keys.map((key, index) => [ofStage(`key_${index}`), key.name] as const),
      ...carried.indexes.map((built, index) => [ofStage(`index_${index}`), built.name] as const),
    ]),
    publish: [
      `lock table ${targetSql} in access exclusive mode`,
      ...(isElsewhere ? [`alter table ${bornSql} set schema ${quoteIdentifier(schema)}`, ...belongings] : []),
      ...identityStates,
      ...serials,
      ...(kept ? settingAside(kept) : [`drop table ${targetSql}`]),
      `alter table ${stageSql} rename to ${quoteIdentifier(name)}`,
      ...identities.map(({ bareName, column }) => renameIdentitySequence(targetSql, column, bareName)),
      ...carried.keys.flatMap(({ name: constraint, comment }, index) => [
        `alter table ${targetSql} rename constraint ${quoteIdentifier(ofStage(`key_${index}`))} to ${quoteIdentifier(constraint)}`,
        ...(comment === null
          ? []
          : [`comment on constraint ${quoteIdentifier(constraint)} on ${targetSql} is ${pg.escapeLiteral(comment)}`]),
      ]),
      ...carried.indexes.flatMap(({ name: indexName, comment }, index) => [
        `alter index ${inSchema(ofStage(`index_${index}`))} rename to ${quoteIdentifier(indexName)}`,
        ...(comment === null ? [] : [`comment on index ${inSchema(indexName)} is ${pg.escapeLiteral(comment)}`]),
      ]),
      ...carried.statistics,
      ...(carried.replicaIdentity === null
        ? []
        : [`alter table ${targetSql} replica identity ${carried.replicaIdentity}`]),
    ],
  };
}

/** The new table's own sequence has a name that the server chose; it gets the one that scripts know. */
function renameIdentitySequence(tableSql: string, column: string, name: string): string {
  const sequence = `pg_get_serial_sequence(${pg.escapeLiteral(tableSql)}, ${pg.escapeLiteral(column)})`;
  const body = `begin execute format('alter sequence %s rename to %I', ${sequence}, ${pg.escapeLiteral(name)}); end`;
  return `do ${pg.escapeLiteral(body)}`;
}
