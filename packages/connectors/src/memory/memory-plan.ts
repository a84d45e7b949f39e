import type { ColumnMapping, DestinationPlan, DestinationPlanRequest, TableDescription } from "@millrace/engine";
import { AppError, type DeletePolicy, formatTableName, hasKey } from "@millrace/shared";
import type { MemoryTable } from "./memory-database.ts";
import { tableOf } from "./memory-describe.ts";
import { isWidening, type MemoryType } from "./memory-types.ts";

/** `TablePlan.detail` of this connector as a destination. */
export interface MemoryPlan {
  /** What stood at the destination's name when the plan was made. */
  readonly existing: MemoryTable | null;
  /** The table without rows, as it will be. */
  readonly target: Omit<MemoryTable, "rows">;
  /** Columns that tell rows apart; empty where nothing does. */
  readonly key: readonly string[];
  readonly deletes: DeletePolicy;
  readonly maxShrinkPercent: number | null;
  /** What the rows of a stage depend on. */
  readonly fingerprint: string;
}

/** See `DestinationSide.plan`. */
export function planTable(request: DestinationPlanRequest): DestinationPlan {
  const { source, survey, destinationTable, writeMode, policies } = request;
  if (source.system !== "memory") {
    throw new AppError("UNSUPPORTED", {
      params: { what: `A source of the kind ${source.system}`, instead: "Use a source of the kind memory." },
    });
  }
  if (hasKey(writeMode) && policies.deletes.mode === "soft") {
    throw new AppError("UNSUPPORTED", {
      params: { what: "Marking rows as deleted", instead: "Delete them, or let them stay." },
    });
  }
  const { existing } = survey;
  const columns = existing ? mapOnto(source, existing) : source.columns.map(({ name, type }) => mapping(name, type));
  const key = hasKey(writeMode) ? keyOf(request, columns) : [];
  const target = existing
    ? tableOf(existing)
    : { columns: tableOf(source).columns, primaryKey: key.length > 0 ? key : source.primaryKey };
  const detail: MemoryPlan = {
    existing: existing && tableOf(existing),
    target: { columns: target.columns, primaryKey: target.primaryKey },
    key,
    deletes: policies.deletes,
    maxShrinkPercent: writeMode === "replace" && existing ? policies.maxShrinkPercent : null,
    fingerprint: JSON.stringify([formatTableName(source), columns, target.columns, target.primaryKey, writeMode]),
  };
  return {
    sourceTable: { schema: source.schema, name: source.name },
    destinationTable,
    writeMode,
    columns,
    digestMethod: "memory",
    statements: existing ? [] : [`make the table ${formatTableName(destinationTable)}`],
    stagedStatements: writeMode === "append" ? null : [],
    warnings: [],
    createsTable: existing === null,
    keyColumns: policies.deletes.mode === "ignore" ? [] : columns.filter(({ name }) => key.includes(name)),
    keying: key.length === 0 ? null : keyingOf(request, key, columns),
    estimatedRows: source.estimatedRows,
    detail,
  };
}

const keyingOf = ({ policies }: DestinationPlanRequest, key: readonly string[], columns: readonly ColumnMapping[]) => {
  const compared = columns.map(({ name }) => name);
  return { key, compared, isUnique: false, mayBeNull: true, lastBy: policies.incremental?.cursor ?? null };
};

const mapping = (name: string, type: string, isCast = false): ColumnMapping => ({
  name,
  expression: name,
  type,
  isCast,
  hashedAs: null,
});

/** By name, whatever the order. */
function mapOnto(source: TableDescription, existing: TableDescription): ColumnMapping[] {
  const there = new Map(existing.columns.map((column) => [column.name, column]));
  const columns = source.columns.map(({ name, type }) => {
    const target = there.get(name);
    if (!target) {
      throw new AppError("COLUMN_MISSING", { params: { table: formatTableName(existing), column: name } });
    }
    if (!isWidening(type as MemoryType, target.type as MemoryType)) {
      throw new AppError("TYPE_MISMATCH", {
        params: { column: name, sourceType: type, destinationType: target.type },
      });
    }
    return mapping(name, target.type, type !== target.type);
  });
  const arriving = new Set(columns.map(({ name }) => name));
  const required = existing.columns.find(({ name, isNullable }) => !isNullable && !arriving.has(name));
  if (required) throw new AppError("COLUMN_REQUIRED", { params: { column: required.name } });
  return columns;
}

function keyOf(
  { source, survey, policies, writeMode }: DestinationPlanRequest,
  columns: readonly ColumnMapping[],
): readonly string[] {
  const own = survey.existing?.primaryKey ?? [];
  const key = policies.key ?? (own.length > 0 ? own : source.primaryKey);
  const table = formatTableName(source);
  if (key.length === 0) throw new AppError("KEY_MISSING", { params: { mode: writeMode, table } });
  const missing = key.find((name) => !columns.some((column) => column.name === name));
  if (missing !== undefined) throw new AppError("KEY_COLUMN_MISSING", { params: { keyColumn: missing, table } });
  return key;
}
