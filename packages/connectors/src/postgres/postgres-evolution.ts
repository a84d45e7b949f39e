import type { ColumnDescription, DestinationPlanRequest, SchemaEvolution, TableDescription } from "@millrace/engine";
import type { SchemaChange } from "@millrace/shared";
import type { MissingLabels } from "./postgres-enum-labels.ts";
import { detailOf, type PostgresColumn, type PostgresTable } from "./postgres-catalog.ts";
import { quoteIdentifier, quoteTable } from "./postgres-identifiers.ts";
import type { PostgresSurvey } from "./postgres-survey.ts";
import { compareTypes } from "./postgres-type-change.ts";
import { baseTypeOf, conversionBetween } from "./postgres-types.ts";
import type { SpellType } from "./postgres-user-types.ts";

/** The destination's table on its way to what the source has become. */
export interface TableEvolution {
  /** The table as it will be: everything is planned for that. */
  readonly table: TableDescription;
  readonly changes: readonly SchemaChange[];
  /** One statement that brings a table of the old structure to the new one; none where they are the same. */
  readonly alter: (table: string) => readonly string[];
}

/** Nothing is dropped, and no type is changed that can take the source's values as it is. See `SchemaEvolution`. */
export function evolveTable(
  { source, policies, survey }: DestinationPlanRequest,
  existing: TableDescription,
  evolution: SchemaEvolution,
  spell: SpellType,
  filled: readonly string[],
): TableEvolution {
  const agreed = new Map(evolution.agreed?.columns.map((column) => [column.name, column]));
  // A key's columns have to have a value, whatever the source has come to.
  const keys = new Set([...existing.primaryKey, ...(policies.key ?? [])]);
  const { collations } = survey.detail as PostgresSurvey;
  const before = detailOf(existing);
  const columns = new Map(existing.columns.map((column) => [column.name, column]));
  const details = new Map(before.columns);
  const clauses: string[] = [];
  const changes: SchemaChange[] = [];
  const note = (change: Omit<SchemaChange, "side">) => changes.push({ side: "destination", ...change });

  const letGo = (column: ColumnDescription) => {
    const isIdentity = (details.get(column.name)?.identity ?? "") !== "";
    if (column.isNullable || keys.has(column.name) || isIdentity) return;
    clauses.push(`alter column ${quoteIdentifier(column.name)} drop not null`);
    columns.set(column.name, { ...column, isNullable: true });
    note({ kind: "nullability_loosened", column: column.name, before: column.type, after: column.type });
  };

  for (const column of source.columns) {
    const { name } = column;
    const nameSql = quoteIdentifier(name);
    const target = columns.get(name);
    if (!target) {
      const detail = detailOf(source).columns.get(name);
      const collation = detail?.collation != null && collations.has(detail.collation) ? detail.collation : null;
      const type = spell(column.type);
      clauses.push(`add column ${nameSql} ${type}${collation === null ? "" : ` collate ${collation}`}`);
      // The rows that are there have no value in it, so it may be NULL whatever the source says.
      columns.set(name, { name, type, isNullable: true, isGenerated: false, hasDefault: false });
      details.set(name, { typeOid: "", identity: "", isDeterministic: detail?.isDeterministic ?? true, collation });
      note({ kind: "column_added", column: name, before: null, after: type });
      continue;
    }
    if (target.isGenerated) continue;
    const type = typeFor(column, source, target, before, evolution, spell);
    if (type !== target.type) {
      const collation = details.get(name)?.collation ?? null;
      const isText = /^(?:text|character)/.test(type) && collation !== null;
      clauses.push(
        `alter column ${nameSql} type ${type}${isText ? ` collate ${collation}` : ""}${usingFor(nameSql, target.type, type)}`,
      );
      columns.set(name, { ...target, type });
      details.set(name, { ...detailFor(details, name), typeOid: "", collation: isText ? collation : null });
      note({ kind: `type_${compareTypes(target.type, type)}`, column: name, before: target.type, after: type });
    }
    const standing = columns.get(name) ?? target;
    if (column.isNullable && agreed.get(name)?.isNullable === false) letGo(standing);
  }
  const arriving = new Set([...source.columns.map(({ name }) => name), ...filled]);
  for (const column of existing.columns) {
    const isGone = !arriving.has(column.name) && agreed.has(column.name);
    if (isGone && !column.hasDefault && !column.isGenerated) letGo(column);
  }

  const table: TableDescription = {
    ...existing,
    columns: [...columns.values()],
    detail: { ...before, columns: details } satisfies PostgresTable,
  };
  const alter = (name: string) => (clauses.length === 0 ? [] : [`alter table ${name} ${clauses.join(", ")}`]);
  return { table, changes, alter };
}

const detailFor = (details: ReadonlyMap<string, PostgresColumn>, name: string): PostgresColumn =>
  details.get(name) ?? { typeOid: "", identity: "", isDeterministic: true, collation: null };

/** The type that the destination's column gets; its own where it can stay, or where only a force could change it. */
function typeFor(
  column: ColumnDescription,
  source: TableDescription,
  target: ColumnDescription,
  targetTable: PostgresTable,
  { agreed, isForced }: SchemaEvolution,
  spell: SpellType,
): string {
  const wanted = spell(column.type);
  if (wanted === target.type) return target.type;
  const sourceTable = detailOf(source);
  const from = spell(baseTypeOf(sourceTable, column.type, sourceTable.columns.get(column.name)?.typeOid ?? "").type);
  const to = baseTypeOf(targetTable, target.type, targetTable.columns.get(column.name)?.typeOid ?? "").type;
  // A domain of the destination's own is a rule that somebody has made, which a wider type would do away with.
  const isWider = to === target.type && from === wanted && compareTypes(to, from) === "widened";
  const isFit = conversionBetween(from, to) !== "impossible";
  const agreedType = agreed?.columns.find(({ name }) => name === column.name)?.type;
  const hasChanged = agreedType !== undefined && agreedType !== column.type;
  // A text is left to the destination to refuse where it was shorter there from the beginning.
  if (isFit && !(hasChanged && isWider)) return target.type;
  return isWider || isForced ? wanted : target.type;
}

/**
 * What is no widening is read anew from its text, which a server refuses loudly where it does not fit. Without the modifier: a
 * cast to `varchar(5)` would cut where the column's own type refuses.
 */
function usingFor(nameSql: string, before: string, after: string): string {
  if (compareTypes(before, after) === "widened") return "";
  return ` using ${nameSql}::pg_catalog.text::${after.replace(/\(-?\d+(?:,-?\d+)*\)/, "")}`;
}

/** How it is told to people: of the table itself, wherever the statements are executed. */
export const evolutionOf = (evolved: TableEvolution | null, labels: Omit<MissingLabels, "types">) => ({
  changes: [...(evolved?.changes ?? []), ...labels.changes],
  statements: [...labels.statements, ...(evolved?.alter(quoteTable(evolved.table)) ?? [])],
});
