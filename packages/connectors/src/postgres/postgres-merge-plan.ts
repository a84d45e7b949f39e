import type { ColumnMapping, DestinationPlanRequest, TableDescription } from "@millrace/engine";
import { AppError, type DeletePolicy, formatTableName, type TableName } from "@millrace/shared";
import { detailOf, type PostgresTable } from "./postgres-catalog.ts";
import { quoteIdentifier, quoteTable } from "./postgres-identifiers.ts";
import { createdTable, type StructurePlan } from "./postgres-structure.ts";
import type { PostgresSurvey } from "./postgres-survey.ts";

/** How the rows of a stage come to their keys in the destination's table. */
export interface MergePlan {
  /** Whether versions are kept, one of which is current for each key. */
  readonly keepsVersions: boolean;
  readonly key: readonly string[];
  /** All that arrive. */
  readonly columns: readonly string[];
  /** Those that are compared and updated where a row with the key is there: all but identity columns. */
  readonly compared: readonly string[];
  /** Whether no two rows of the source can share a key. */
  readonly isKeyUnique: boolean;
  readonly mayKeyBeNull: boolean;
  /** Of rows with one key the one with the greatest value in this column is the last; null: the one that arrived last. */
  readonly orderedBy: string | null;
  /** Whether the table has partitions, of whose rows the server does not tell which were inserted. */
  readonly isPartitioned: boolean;
  readonly deletes: DeletePolicy;
  /** Makes the destination's table, with its key, where it is not there; else brings it to the structure that the rows need. */
  readonly makesTarget: readonly string[];
}

/** What versions of a row carry besides its columns. */
export const VERSION_COLUMNS = { from: "valid_from", to: "valid_to", isCurrent: "is_current" } as const;

/** The column that says since when a row is gone, quoted; null where rows are not marked. */
export const ownColumnOf = ({ keepsVersions, deletes }: MergePlan): string | null =>
  !keepsVersions && deletes.mode === "soft" ? quoteIdentifier(deletes.column) : null;

/** Nobody but the session sees it, and it needs no right to make tables. */
export const TEMPORARY_STAGE: TableName = { schema: "pg_temp", name: "_millrace_stage" };

/** Columns of the destination that Millrace fills by itself. */
export function ownColumns({ writeMode, policies }: DestinationPlanRequest): readonly string[] {
  if (writeMode === "history") return Object.values(VERSION_COLUMNS);
  return writeMode === "merge" && policies.deletes.mode === "soft" ? [policies.deletes.column] : [];
}

/**
 * Rows are loaded into a stage and merged from there; where the table is not there yet and no two rows can share a key, right
 * into the table. Throws `KEY_MISSING`, `KEY_COLUMN_MISSING`, `KEY_NOT_UNIQUE`, `COLUMN_RESERVED`, `COLUMN_MISSING`,
 * `DESTINATION_NOT_A_TABLE`, `UNSUPPORTED`.
 */
export function keyedStructure(
  request: DestinationPlanRequest,
  columns: readonly ColumnMapping[],
  // What has to become of the table that is there before it takes the rows.
  alterations: readonly string[] = [],
): (stage?: TableName) => StructurePlan {
  const { source, survey, destinationTable, writeMode } = request;
  const { existing } = survey;
  const { collations, checks, mendsRows } = survey.detail as PostgresSurvey;
  assertModes(request);
  assertOwnColumns(request, columns);
  const key = keyOf(request, columns);
  if (existing) assertTarget(request, existing, key);
  const keepsVersions = writeMode === "history";
  const own = ownColumns(request);
  // Unique indexes other than the key's would refuse rows that pass a value on to each other, in whatever order they come.
  const model: TableDescription = {
    ...source,
    primaryKey: keepsVersions ? [] : key,
    detail: {
      ...detailOf(source),
      indexes: detailOf(source).indexes.map((index) => ({ ...index, isUnique: false })),
    } satisfies PostgresTable,
  };
  const more = keepsVersions
    ? [
        `${quoteIdentifier(VERSION_COLUMNS.from)} timestamp with time zone not null`,
        `${quoteIdentifier(VERSION_COLUMNS.to)} timestamp with time zone`,
        `${quoteIdentifier(VERSION_COLUMNS.isCurrent)} boolean not null`,
      ]
    : own.map((column) => `${quoteIdentifier(column)} timestamp with time zone`);
  const created = (stage?: TableName) => createdTable(model, destinationTable, columns, collations, stage, more);
  const isKeyUnique = isUniqueAtSource(source, columns, key);
  const mayKeyBeNull = key.some((name) => !isNeverNull(source, columns, name));
  if (!existing && !keepsVersions && isKeyUnique && !mayKeyBeNull) return created;

  const keySql = key.map(quoteIdentifier).join(", ");
  const atOnce = created();
  const target: readonly string[] = existing
    ? alterations
    : [
        ...atOnce.setup,
        ...atOnce.finish.filter(({ isOptional }) => !isOptional).map(({ sql }) => sql),
        ...(keepsVersions
          ? [
              `create unique index on ${quoteTable(destinationTable)} (${keySql}) where ${quoteIdentifier(VERSION_COLUMNS.isCurrent)}`,
            ]
          : []),
      ];
  const merge: MergePlan = {
    keepsVersions,
    key,
    columns: columns.map(({ name }) => name),
    compared: columns.map(({ name }) => name).filter((name) => !existing || !isIdentity(existing, name)),
    isKeyUnique,
    mayKeyBeNull,
    orderedBy: columns.find(({ name }) => name === request.policies.incremental?.cursor)?.name ?? null,
    isPartitioned: existing !== null && detailOf(existing).relkind === "p",
    deletes: request.policies.deletes,
    makesTarget: target,
  };
  return (stage = TEMPORARY_STAGE) => {
    const isTemporary = stage === TEMPORARY_STAGE;
    const stageSql = quoteTable(stage);
    const definitions = columns.map((column) =>
      existing ? stageColumn(column, existing, mendsRows, key) : definitionOf(column, source, collations),
    );
    return {
      setup: [
        `create ${isTemporary ? "temporary " : ""}table ${stageSql} (${[...definitions, ...stageChecks(columns, checks)].join(", ")})${isTemporary ? " on commit drop" : ""}`,
      ],
      loadTable: stage,
      isFresh: true,
      finish: existing ? [] : atOnce.finish.filter(({ isOptional }) => isOptional),
      publish: isTemporary ? [] : [`drop table ${stageSql}`],
      adds: null,
      merge,
      kept: null,
      realNames: new Map(),
    };
  };
}

/** What the table would refuse in the end is refused while the row can still be told from the others. */
export function stageColumn(
  column: ColumnMapping,
  existing: TableDescription,
  mendsRows: boolean,
  key: readonly string[],
): string {
  const definition = definitionOf(column, existing, null);
  if (mendsRows) return definition;
  const isRequired = existing.columns.some(({ name, isNullable }) => name === column.name && !isNullable);
  return isRequired && !key.includes(column.name) ? `${definition} not null` : definition;
}

/** So are rows that a CHECK of the table refuses, where all that it looks at arrives. */
export function stageChecks(columns: readonly ColumnMapping[], checks: PostgresSurvey["checks"]): readonly string[] {
  const arriving = new Set(columns.map(({ name }) => name));
  return checks
    .filter((check) => check.columns.every((column) => arriving.has(column)))
    .map(({ name, condition }) => `constraint ${quoteIdentifier(name)} check (${condition})`);
}

/** A column of the stage compares and sorts as the table's own. `present` are the collations that are there; null: all. */
function definitionOf(
  { name, type }: ColumnMapping,
  model: TableDescription,
  present: ReadonlySet<string> | null,
): string {
  const collation = detailOf(model).columns.get(name)?.collation ?? null;
  const isThere = collation !== null && (present === null || present.has(collation));
  return `${quoteIdentifier(name)} ${type}${isThere ? ` collate ${collation}` : ""}`;
}

function assertModes({ writeMode, policies }: DestinationPlanRequest): void {
  if (writeMode !== "history" || policies.deletes.mode !== "hard") return;
  throw new AppError("UNSUPPORTED", {
    params: {
      what: "Deleting rows for good in the write mode history",
      instead: "Set deletes to soft, which closes the last version of the row, or to ignore.",
    },
  });
}

function assertOwnColumns(request: DestinationPlanRequest, columns: readonly ColumnMapping[]): void {
  const { existing } = request.survey;
  for (const column of ownColumns(request)) {
    if (columns.some(({ name }) => name === column)) throw new AppError("COLUMN_RESERVED", { params: { column } });
    if (existing && !existing.columns.some(({ name }) => name === column)) {
      throw new AppError("COLUMN_MISSING", { params: { table: formatTableName(existing), column } });
    }
  }
}

function keyOf(
  { source, survey, writeMode, policies }: DestinationPlanRequest,
  columns: readonly ColumnMapping[],
): readonly string[] {
  const { existing } = survey;
  const own = existing && writeMode === "merge" && existing.primaryKey.length > 0 ? existing : source;
  const key = policies.key ?? own.primaryKey;
  if (key.length === 0) {
    throw new AppError("KEY_MISSING", { params: { mode: writeMode, table: formatTableName(existing ?? source) } });
  }
  const missing = key.find((column) => !columns.some(({ name }) => name === column));
  if (missing !== undefined) {
    throw new AppError("KEY_COLUMN_MISSING", { params: { keyColumn: missing, table: formatTableName(source) } });
  }
  return key;
}

function assertTarget({ writeMode }: DestinationPlanRequest, existing: TableDescription, key: readonly string[]): void {
  const table = formatTableName(existing);
  const { relkind, uniqueKeys } = detailOf(existing);
  if (relkind !== "r" && relkind !== "p") throw new AppError("DESTINATION_NOT_A_TABLE", { params: { table } });
  const keySql = key.map(quoteIdentifier).join(", ");
  if (writeMode === "merge") {
    const isThere = uniqueKeys.some((unique) => isSameSet(unique, key));
    if (isThere) return;
    throw new AppError("KEY_NOT_UNIQUE", {
      params: { table, key: key.join(", "), sqlTable: quoteTable(existing), sqlKey: keySql },
    });
  }
  const inTheWay = uniqueKeys.find((unique) => unique.every((column) => !isVersionColumn(column)));
  if (inTheWay) {
    throw new AppError("UNSUPPORTED", {
      params: {
        what: `The write mode history in ${table}, where ${inTheWay.join(", ")} is unique`,
        instead: "Versions of a row repeat its values: drop that index or constraint, or choose another table.",
      },
    });
  }
}

const isVersionColumn = (column: string) => Object.values<string>(VERSION_COLUMNS).includes(column);

const isSameSet = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((column) => b.includes(column));

const isIdentity = (table: TableDescription, name: string) =>
  (detailOf(table).columns.get(name)?.identity ?? "") !== "";

/** The source's column that arrives under the name, at most cast, which keeps different values apart; or undefined. */
function sourceColumnOf(source: TableDescription, columns: readonly ColumnMapping[], name: string) {
  const expression = columns.find((column) => column.name === name)?.expression.replace(/::pg_catalog\.[\w(), ]+$/, "");
  return source.columns.find((column) => quoteIdentifier(column.name) === expression);
}

function isUniqueAtSource(
  source: TableDescription,
  columns: readonly ColumnMapping[],
  key: readonly string[],
): boolean {
  const named = key.flatMap((name) => sourceColumnOf(source, columns, name) ?? []);
  return detailOf(source).uniqueKeys.some((unique) =>
    unique.every((column) => named.some(({ name, isNullable }) => name === column && !isNullable)),
  );
}

const isNeverNull = (source: TableDescription, columns: readonly ColumnMapping[], name: string) =>
  sourceColumnOf(source, columns, name)?.isNullable === false;
