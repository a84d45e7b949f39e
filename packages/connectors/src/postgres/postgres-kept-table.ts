import type { TableName } from "@millrace/shared";
import { quoteIdentifier, quoteTable } from "./postgres-identifiers.ts";
import type { CarriedStructure } from "./postgres-survey.ts";

/**
 * A replaced table that is kept in schema `_millrace`, under names that nobody else takes. What would make it felt outside is
 * taken off and put on again when it comes back: foreign keys, for which rows of other tables could not be deleted; defaults
 * that use a sequence which the new table owns; extended statistics, whose names are the new table's.
 */
export interface KeptTable {
  readonly oid: string;
  /** Where it stood and belongs. */
  readonly table: TableName;
  readonly carried: CarriedStructure;
  readonly keepHours: number;
}

type Stood = Pick<KeptTable, "oid" | "table" | "carried">;

export const keptName = ({ oid }: Pick<KeptTable, "oid">): TableName => ({
  schema: "_millrace",
  name: `_millrace_previous_${oid}`,
});

const partsOf = ({ oid, table, carried }: Stood) => ({
  target: quoteTable(table),
  name: keptName({ oid }).name,
  part: (suffix: string) => quoteIdentifier(`${keptName({ oid }).name}_${suffix}`),
  inSchema: (name: string) => `${quoteIdentifier(table.schema)}.${name}`,
  identities: carried.sequences.filter(({ isIdentity }) => isIdentity),
  serials: carried.sequences.filter(({ isIdentity }) => !isIdentity),
  // A table's keys to itself go where it goes.
  foreignKeys: carried.foreignKeys.filter(({ isToItself }) => !isToItself),
});

/** Instead of `drop table`, once the new table owns the sequences of serial columns. */
export function settingAside(stood: Stood): string[] {
  const { target, name, part, inSchema, identities, serials, foreignKeys } = partsOf(stood);
  const { table, oid, carried } = stood;
  const dropStatistics = `do $$ declare found record; begin
  for found in select stxnamespace::regnamespace as schema, stxname from pg_catalog.pg_statistic_ext where stxrelid = ${oid}::oid loop
    execute format('drop statistics %s.%I', found.schema, found.stxname);
  end loop; end $$`;
  return [
    ...foreignKeys.map((key) => `alter table ${target} drop constraint ${quoteIdentifier(key.name)}`),
    ...serials.map(({ column }) => `alter table ${target} alter column ${quoteIdentifier(column)} drop default`),
    ...(carried.statistics.length > 0 ? [dropStatistics] : []),
    ...carried.keys.map(
      (key, index) => `alter table ${target} rename constraint ${quoteIdentifier(key.name)} to ${part(`key_${index}`)}`,
    ),
    ...carried.indexes.map(
      (built, index) => `alter index ${inSchema(quoteIdentifier(built.name))} rename to ${part(`index_${index}`)}`,
    ),
    ...identities.map(
      ({ name: sequence }, index) => `alter sequence ${sequence} rename to ${part(`identity_${index}`)}`,
    ),
    `alter table ${target} rename to ${quoteIdentifier(name)}`,
    `alter table ${quoteTable({ schema: table.schema, name })} set schema _millrace`,
  ];
}

/** Drops the table that stands there and puts the kept one into its place, as it was. Sequences go on counting where they are. */
export function puttingBack(stood: Stood): string[] {
  const { target, name, part, inSchema, identities, serials, foreignKeys } = partsOf(stood);
  const { table, carried } = stood;
  const own = (index: number) => `_millrace.${part(`identity_${index}`)}`;
  return [
    `lock table ${target} in access exclusive mode`,
    ...identities.map(
      ({ name: sequence }, index) =>
        `select pg_catalog.setval('${own(index).replaceAll("'", "''")}', last_value, is_called) from ${sequence}`,
    ),
    ...serials.map(({ name: sequence }) => `alter sequence ${sequence} owned by none`),
    `drop table ${target}`,
    `alter table _millrace.${quoteIdentifier(name)} set schema ${quoteIdentifier(table.schema)}`,
    `alter table ${quoteTable({ schema: table.schema, name })} rename to ${quoteIdentifier(table.name)}`,
    ...carried.keys.map(
      (key, index) => `alter table ${target} rename constraint ${part(`key_${index}`)} to ${quoteIdentifier(key.name)}`,
    ),
    ...carried.indexes.map(
      (built, index) => `alter index ${inSchema(part(`index_${index}`))} rename to ${quoteIdentifier(built.name)}`,
    ),
    ...identities.map(
      ({ bareName }, index) =>
        `alter sequence ${inSchema(part(`identity_${index}`))} rename to ${quoteIdentifier(bareName)}`,
    ),
    ...serials.flatMap(({ name: sequence, column, default: expression }) => [
      `alter sequence ${sequence} owned by ${target}.${quoteIdentifier(column)}`,
      ...(expression === null
        ? []
        : [`alter table ${target} alter column ${quoteIdentifier(column)} set default ${expression}`]),
    ]),
    ...foreignKeys.map(
      ({ name: key, head, referred, tail }) =>
        `alter table ${target} add constraint ${quoteIdentifier(key)} ${head}${referred}${tail}`,
    ),
    ...carried.statistics,
  ];
}
