import { createHash } from "node:crypto";
import type {
  ColumnDescription,
  ColumnMapping,
  DestinationPlan,
  DestinationPlanRequest,
  Keying,
  TableDescription,
} from "@millrace/engine";
import { AppError, formatTableName, hasKey, type TableName } from "@millrace/shared";
import { detailOf, type PostgresTable } from "./postgres-catalog.ts";
import { chooseDigest, type HashedAs } from "./postgres-digest.ts";
import { missingLabels, noLabels } from "./postgres-enum-labels.ts";
import { evolutionOf, evolveTable, type TableEvolution } from "./postgres-evolution.ts";
import { quoteIdentifier, quoteTable } from "./postgres-identifiers.ts";
import { keyedStructure, type MergePlan, ownColumns } from "./postgres-merge-plan.ts";
import type { PostgresSurvey } from "./postgres-survey.ts";
import { appendedStage } from "./postgres-append-stage.ts";
import { createdTable, stagedTable, type StructurePlan, writtenInPlace } from "./postgres-structure.ts";
import { baseTypeOf, conversionBetween, hashFunctionOf, isHashable } from "./postgres-types.ts";
import { missingTypes, type SpellType, spellerFor } from "./postgres-user-types.ts";

/** `TablePlan.detail` of this connector as a destination. */
export interface PostgresPlan extends StructurePlan {
  /** The table that stands at the destination's name, or null. */
  readonly existingOid: string | null;
  /** Its columns and their types, as `holdTable` reads them. */
  readonly existingColumns: readonly string[];
  /** How much shorter than the table that stands there its replacement may be; null: as short as it likes. */
  readonly maxShrinkPercent: number | null;
  /** Whether `setup` makes a type or a schema, which runs into other tables may be about to make as well. */
  readonly makesShared: boolean;
  /** Before the transaction of the run, each by itself. Again they do nothing. */
  readonly before: readonly string[];
  /** How the rows are loaded in chunks, given the stage's name; null where all has to be one transaction. */
  readonly inStage: ((stage: TableName) => StructurePlan) | null;
  /** What the rows of a stage depend on: one that was begun with another cannot be gone on with. */
  readonly fingerprint: string;
}

/** Pairs the columns by name and decides what is created, carried over and swapped. See `DestinationSide.plan`. */
export function planTable(asked: DestinationPlanRequest): DestinationPlan {
  const { source, destinationTable, writeMode, policies } = asked;
  if (source.system !== "postgresql") {
    throw new AppError("UNSUPPORTED", {
      params: { what: `A source of the kind ${source.system}`, instead: "Use a PostgreSQL source." },
    });
  }
  const detail = asked.survey.detail as PostgresSurvey;
  const sourceTable = detailOf(source);
  const spell = spellerFor(sourceTable, detail.types);
  const evolved =
    asked.evolution && asked.survey.existing
      ? evolveTable(asked, asked.survey.existing, asked.evolution, spell, ownColumns(asked))
      : null;
  // From here on the table is what it will be.
  const existing = evolved?.table ?? asked.survey.existing;
  const request: DestinationPlanRequest = { ...asked, survey: { existing, detail } };
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
  const labels = asked.evolution ? missingLabels(sourceTable, asTheyAre, detail.types) : noLabels(detail.types);
  const missing = missingTypes(sourceTable, asTheyAre, { ...detail, types: labels.types });
  const structureIn = hasKey(writeMode)
    ? keyedStructure(request, columns, evolved?.alter(quoteTable(destinationTable)))
    : existing
      ? structureOfExisting(existing, detail, request, columns, evolved)
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
    existingColumns: asked.survey.existing ? standingColumns(asked.survey.existing) : [],
    maxShrinkPercent: writeMode === "replace" && existing ? policies.maxShrinkPercent : null,
    makesShared: shared.length > 0,
    before: labels.statements,
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
      labels.statements,
    ]),
  };
  return {
    sourceTable: { schema: source.schema, name: source.name },
    destinationTable,
    writeMode,
    columns,
    digestMethod,
    statements: [...labels.statements, ...statementsFor(shared, structure)],
    stagedStatements: plan.inStage && [...labels.statements, ...stagedStatements(plan.inStage(SHOWN_STAGE))],
    warnings: [
      ...warningsFor(source, existing, detail),
      ...mergeWarnings(structure),
      ...evolutionWarnings(request, evolved),
    ],
    ...(asked.evolution && { evolution: evolutionOf(evolved, labels) }),
    createsTable: existing === null,
    keyColumns: columns.filter(
      ({ name }) => structure.merge?.deletes.mode !== "ignore" && structure.merge?.key.includes(name) === true,
    ),
    keying: structure.merge ? keyingOf(structure.merge) : null,
    estimatedRows: source.estimatedRows,
    detail: plan,
  };
}

/** What stands for a stage's name in the statements that people read. */
const SHOWN_STAGE: TableName = { schema: "_millrace", name: "stage" };

const stagedStatements = ({ setup, merge, finish, publish }: StructurePlan): string[] => [
  ...setup,
  ...(merge?.makesTarget ?? []),
  ...finish.map(({ sql }) => sql),
  ...publish,
];

const keyingOf = ({ key, compared, isKeyUnique, mayKeyBeNull, orderedBy }: MergePlan): Keying => ({
  key,
  compared,
  isUnique: isKeyUnique,
  mayBeNull: mayKeyBeNull,
  lastBy: orderedBy,
});

const standingColumns = (table: TableDescription): string[] =>
  table.columns.map(({ name }) => `${name} ${detailOf(table).columns.get(name)?.typeOid ?? ""}`);

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
  columns: readonly ColumnMapping[],
  evolved: TableEvolution | null,
): (stage?: TableName) => StructurePlan {
  const table = formatTableName(existing);
  const { relkind } = detailOf(existing);
  if (writeMode === "append") {
    if (relkind !== "r" && relkind !== "p") throw new AppError("DESTINATION_NOT_A_TABLE", { params: { table } });
    const alterations = evolved?.alter(quoteTable(existing)) ?? [];
    return alterations.length > 0
      ? appendedStage(existing, survey, columns, alterations)
      : () => writtenInPlace(existing);
  }
  if (relkind !== "r" || !survey.carried) throw new AppError("DESTINATION_NOT_A_TABLE", { params: { table } });
  if (survey.obstacles.length > 0) {
    throw new AppError("DEPENDENT_OBJECTS", { params: { table, dependents: survey.obstacles.slice(0, 5).join(", ") } });
  }
  const { carried } = survey;
  return (stage) => stagedTable(existing, carried, stage, policies.undo.keepHours, evolved?.alter);
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

/** Rows that an incremental run does not read keep what they have. */
function evolutionWarnings({ policies }: DestinationPlanRequest, evolved: TableEvolution | null): string[] {
  const added =
    evolved?.changes.flatMap(({ kind, column }) => (kind === "column_added" && column ? [column] : [])) ?? [];
  if (policies.incremental === null || added.length === 0) return [];
  return [`Rows that were read before have no value in ${added.join(", ")} until a backfill reads them once more`];
}
