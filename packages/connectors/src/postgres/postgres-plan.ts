import { createHash } from "node:crypto";
import type {
  ColumnDescription,
  ColumnMapping,
  DestinationPlan,
  DestinationPlanRequest,
  TableDescription,
} from "@millrace/engine";
import { AppError, formatTableName, hasKey, type TableName } from "@millrace/shared";
import { detailOf, type PostgresTable } from "./postgres-catalog.ts";
import { chooseDigest, type HashedAs } from "./postgres-digest.ts";
import { quoteIdentifier } from "./postgres-identifiers.ts";
import { keyedStructure, ownColumns } from "./postgres-merge-plan.ts";
import type { PostgresSurvey } from "./postgres-survey.ts";
import { createdTable, stagedTable, type StructurePlan, writtenInPlace } from "./postgres-structure.ts";
import { baseTypeOf, conversionBetween, hashFunctionOf, isHashable } from "./postgres-types.ts";
import { missingTypes, type SpellType, spellerFor } from "./postgres-user-types.ts";

/** `TablePlan.detail` of this connector as a destination. */
export interface PostgresPlan extends StructurePlan {
  /** The table that stands at the destination's name, or null. */
  readonly existingOid: string | null;
  /** How much shorter than the table that stands there its replacement may be; null: as short as it likes. */
  readonly maxShrinkPercent: number | null;
  /** Whether `setup` makes a type or a schema, which runs into other tables may be about to make as well. */
  readonly makesShared: boolean;
  /** How the rows are loaded in chunks, given the stage's name; null where all has to be one transaction. */
  readonly inStage: ((stage: TableName) => StructurePlan) | null;
  /** What the rows of a stage depend on: one that was begun with another cannot be gone on with. */
  readonly fingerprint: string;
}

/** Pairs the columns by name and decides what is created, carried over and swapped. See `DestinationSide.plan`. */
export function planTable(request: DestinationPlanRequest): DestinationPlan {
  const { source, survey, destinationTable, writeMode, policies } = request;
  if (source.system !== "postgresql") {
    throw new AppError("UNSUPPORTED", {
      params: { what: `A source of the kind ${source.system}`, instead: "Use a PostgreSQL source." },
    });
  }
  const detail = survey.detail as PostgresSurvey;
  const sourceTable = detailOf(source);
  const spell = spellerFor(sourceTable, detail.types);
  const { existing } = survey;
  const digestMethod = chooseDigest(sourceTable, detail);
  const mapped = existing
    ? mapOntoExisting(source, existing, spell, ownColumns(request))
    : source.columns.map((column) => direct(column, spell(column.type)));
  // The other methods hash the text of the whole row.
  const columns =
    digestMethod === "record"
      ? mapped.map((column) => ({ ...column, hashedAs: hashedAs(column, source, existing) }))
      : mapped;
  const arriving = new Map(columns.map(({ name, type }) => [name, type]));
  // A column that another type takes, such as the one under a domain, needs its own type nowhere.
  const asTheyAre = source.columns.filter(({ name, type }) => arriving.get(name) === spell(type));
  const missing = missingTypes(sourceTable, asTheyAre, detail);
  const structureIn = hasKey(writeMode)
    ? keyedStructure(request, columns)
    : existing
      ? structureOfExisting(existing, detail, request)
      : (stage?: TableName) => createdTable(source, destinationTable, columns, detail.collations, stage);
  const structure = structureIn();
  const shared = [
    ...[...new Set([destinationTable.schema, ...missing.schemas])]
      .filter((schema) => !detail.schemas.has(schema))
      .map((schema) => `create schema if not exists ${quoteIdentifier(schema)}`),
    ...missing.statements,
  ];
  const setup = [...shared, ...structure.setup];
  const existingOid = existing ? detailOf(existing).oid : null;
  const schemas = shared.slice(0, shared.length - missing.statements.length);
  const plan: PostgresPlan = {
    ...structure,
    setup,
    existingOid,
    maxShrinkPercent: writeMode === "replace" && existing ? policies.maxShrinkPercent : null,
    makesShared: shared.length > 0,
    inStage: canStage(structure, detail, missing.statements)
      ? (stage) => withSchemas(structureIn(stage), schemas)
      : null,
    fingerprint: fingerprintOf([
      source.schema,
      source.name,
      sourceTable.readAs,
      existingOid,
      columns,
      digestMethod,
      structure,
    ]),
  };
  return {
    sourceTable: { schema: source.schema, name: source.name },
    destinationTable,
    writeMode,
    columns,
    digestMethod,
    statements: statementsFor(shared, structure),
    warnings: [...warningsFor(source, existing, detail), ...mergeWarnings(structure)],
    createsTable: existing === null,
    keyColumns: columns.filter(
      ({ name }) => structure.merge?.deletes.mode !== "ignore" && structure.merge?.key.includes(name) === true,
    ),
    estimatedRows: source.estimatedRows,
    detail: plan,
  };
}

/** A stage that rows are merged from is no part of the destination's structure. */
const statementsFor = (shared: readonly string[], { setup, merge, finish, publish }: StructurePlan): string[] => [
  ...shared,
  ...(merge ? merge.makesTarget : setup),
  ...finish.map(({ sql }) => sql),
  ...(merge ? [] : publish),
];

const direct = (column: ColumnDescription, type: string): ColumnMapping => ({
  name: column.name,
  expression: quoteIdentifier(column.name),
  type,
  isCast: false,
  hashedAs: null,
});

/** A cast leads to a built-in type, and of those only json has no hash. */
function hashedAs(
  { name, isCast, type }: ColumnMapping,
  source: TableDescription,
  existing: TableDescription | null,
): HashedAs | null {
  const detail = detailOf(source);
  const column = detail.columns.get(name);
  const typeOid = column?.typeOid ?? "";
  const there = existing ? detailOf(existing).columns.get(name) : undefined;
  const isByteWise = column?.isDeterministic !== false && there?.isDeterministic !== false;
  if (isByteWise && (isCast ? type !== "json" : isHashable(detail, typeOid))) {
    const isNeverNull = source.columns.find((candidate) => candidate.name === name)?.isNullable === false;
    return isNeverNull && !isCast ? (hashFunctionOf(detail, typeOid) as HashedAs | null) : null;
  }
  return detail.types.get(typeOid)?.sqlName === "bytea" && !isCast ? "sha256" : "text";
}

/** `filled` are columns that get their values from elsewhere. */
function mapOntoExisting(
  source: TableDescription,
  existing: TableDescription,
  spell: SpellType,
  filled: readonly string[],
): ColumnMapping[] {
  const table = formatTableName(existing);
  const there = new Map(existing.columns.map((column) => [column.name, column]));
  const sourceTable = detailOf(source);
  const mapped = source.columns.flatMap((column) => {
    const target = there.get(column.name);
    if (!target) throw new AppError("COLUMN_MISSING", { params: { table, column: column.name } });
    // It computes its own values there.
    return target.isGenerated ? [] : [convert(column, sourceTable, target, detailOf(existing), spell)];
  });
  const named = new Set([...source.columns.map((column) => column.name), ...filled]);
  const required = existing.columns.find((column) => !named.has(column.name) && isRequired(column, existing));
  if (required) throw new AppError("COLUMN_REQUIRED", { params: { column: required.name } });
  return mapped;
}

const isRequired = (column: ColumnDescription, table: TableDescription) =>
  !column.isNullable &&
  !column.hasDefault &&
  !column.isGenerated &&
  (detailOf(table).columns.get(column.name)?.identity ?? "") === "";

/** Domains convert as what they stand on; the destination checks its own domain's rules when a value comes in. */
function convert(
  column: ColumnDescription,
  sourceTable: PostgresTable,
  target: ColumnDescription,
  targetTable: PostgresTable,
  spell: SpellType,
): ColumnMapping {
  const plain = direct(column, target.type);
  if (spell(column.type) === target.type) return plain;
  const from = baseTypeOf(sourceTable, column.type, sourceTable.columns.get(column.name)?.typeOid ?? "");
  const to = baseTypeOf(targetTable, target.type, targetTable.columns.get(column.name)?.typeOid ?? "");
  switch (conversionBetween(spell(from.type), to.type)) {
    case "none":
      return plain;
    case "cast":
      return { ...plain, expression: `${plain.expression}::${castTarget(to.type)}`, isCast: true };
    case "impossible":
      throw new AppError("TYPE_MISMATCH", {
        params: { column: column.name, sourceType: column.type, destinationType: target.type },
      });
  }
}

/**
 * Without modifiers: `::varchar(10)` would cut a longer text silently where the destination itself refuses it. With those of
 * numeric, which nothing is cast to that it would round.
 */
function castTarget(type: string): string {
  if (type.startsWith("numeric(")) return `pg_catalog.${type}`;
  return `pg_catalog.${type.startsWith("character varying") ? "text" : bareName(type)}`;
}

/** SQL's own spellings of two words are keywords and cannot be qualified; the catalog's names can. */
const CATALOG_NAMES: Record<string, string> = {
  integer: "int4",
  bigint: "int8",
  "double precision": "float8",
  real: "float4",
  "timestamp without time zone": "timestamp",
};

const bareName = (type: string) => {
  const base = type.replace(/\(.*?\)/, "");
  return CATALOG_NAMES[base] ?? base;
};

/**
 * Rows that go into a table of others cannot be staged. A type that is made for the stage would stay if the run failed, and a
 * server that crashes empties an unlogged table without the checkpoints that speak of it.
 */
const canStage = (
  { isFresh, merge }: StructurePlan,
  { carried }: PostgresSurvey,
  newTypes: readonly string[],
): boolean => isFresh && (merge !== null || carried?.isUnlogged !== true) && newTypes.length === 0;

/** A stage needs the destination's schema only at the end. */
const withSchemas = (structure: StructurePlan, schemas: readonly string[]): StructurePlan => {
  const { merge, finish } = structure;
  if (merge) return { ...structure, merge: { ...merge, makesTarget: [...schemas, ...merge.makesTarget] } };
  return { ...structure, finish: [...schemas.map((sql) => ({ sql, isOptional: false })), ...finish] };
};

const fingerprintOf = (parts: readonly unknown[]): string =>
  createHash("sha256")
    .update(JSON.stringify(parts, (_key, value: unknown) => (value instanceof Map ? [...value] : value)))
    .digest("hex");

function structureOfExisting(
  existing: TableDescription,
  survey: PostgresSurvey,
  { writeMode, policies }: DestinationPlanRequest,
): (stage?: TableName) => StructurePlan {
  const table = formatTableName(existing);
  const { relkind } = detailOf(existing);
  if (writeMode === "append") {
    if (relkind !== "r" && relkind !== "p") throw new AppError("DESTINATION_NOT_A_TABLE", { params: { table } });
    return () => writtenInPlace(existing);
  }
  if (relkind !== "r" || !survey.carried) throw new AppError("DESTINATION_NOT_A_TABLE", { params: { table } });
  if (survey.obstacles.length > 0) {
    throw new AppError("DEPENDENT_OBJECTS", { params: { table, dependents: survey.obstacles.slice(0, 5).join(", ") } });
  }
  const { carried } = survey;
  return (stage) => stagedTable(existing, carried, stage, policies.undo.keepHours);
}

function warningsFor(
  source: TableDescription,
  existing: TableDescription | null,
  { collations }: PostgresSurvey,
): string[] {
  const { hidesRows, columns } = detailOf(source);
  const hidden = hidesRows ? ["Row policies of the source hide the rows that its user may not see"] : [];
  if (existing !== null) return hidden;
  const generated = source.columns.filter((column) => column.isGenerated).map((column) => column.name);
  const bare = [...columns].filter(([, { collation }]) => collation !== null && !collations.has(collation));
  return [
    ...(generated.length > 0
      ? [`Generated columns arrive as plain columns with their values: ${generated.join(", ")}`]
      : []),
    ...bare.map(
      ([name, { collation }]) => `Column ${name} arrives without the collation ${collation}: it is not there`,
    ),
    ...hidden,
  ];
}

function mergeWarnings({ merge }: StructurePlan): string[] {
  const identities = merge?.columns.filter((column) => !merge.compared.includes(column) && !merge.key.includes(column));
  if (!identities || identities.length === 0) return [];
  return [`Rows that are there keep the values of their identity columns: ${identities.join(", ")}`];
}
