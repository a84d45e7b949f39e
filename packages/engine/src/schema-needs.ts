import { AppError, filterColumns, type SchemaAgreement, type SchemaChange, type SchemaUse } from "@millrace/shared";
import type { SourceSide, TableDescription } from "./connector.ts";
import type { RunRequest } from "./run.ts";
import { schemaDifference } from "./schema-difference.ts";
import { readShape, type ReadSource, shapeOf, usesOf } from "./schema-uses.ts";

/** What has changed since it was agreed; nothing where nothing was. Pure. */
export function changesSince(
  request: Pick<RunRequest, "schema" | "mapping" | "policies" | "writeMode" | "source">,
  read: Pick<ReadSource, "base" | "description">,
  existing: TableDescription | null,
): SchemaChange[] {
  const agreed = request.schema?.agreed ?? null;
  if (agreed === null) return [];
  const now = { source: readShape(request, read), destination: existing && shapeOf(existing) };
  return schemaDifference(agreed, now, request.source.connector.compareTypes, usesOf(request, existing));
}

/** What of a source stops a run, whatever its policy. */
export interface SourceFaults {
  /** Changes that take away what the pipeline cannot do without. */
  readonly unmet: readonly SchemaChange[];
  /** What of the mapping cannot be for another reason than a change. */
  readonly refusals: readonly AppError[];
}

/**
 * Before anything was agreed a mapping has to fit what is there. From then on a column that it reads and that has gone is lost
 * as any other is, and what becomes of it is the policy's matter; without what rows are chosen or found by there is no run.
 */
export function faultsOf(
  request: Pick<RunRequest, "schema" | "mapping" | "policies" | "source">,
  read: ReadSource,
  changes: readonly SchemaChange[],
): SourceFaults {
  const side = request.source.source;
  const unmet = changes.filter((change) => change.side === "source" && isUnmet(change, request, read, side));
  const explained = new Set(unmet.map(({ column }) => column));
  const refusals = standingRefusals(request, read).filter((refusal) => !explained.has(columnOf(refusal, read)));
  return { unmet, refusals };
}

/** What of the mapping cannot be, less what has merely gone since it was agreed and that rows can be read without. */
export function standingRefusals(
  {
    schema,
    mapping,
  }: { readonly schema?: { readonly agreed: SchemaAgreement | null } | undefined } & Pick<RunRequest, "mapping">,
  { refusals }: Pick<ReadSource, "refusals">,
): readonly AppError[] {
  if (!schema?.agreed) return refusals;
  const filter = mapping?.mapping.filter ?? null;
  const filtered: readonly unknown[] = filter ? filterColumns(filter) : [];
  return refusals.filter(
    ({ code, params }) => code !== "MAPPING_COLUMN_MISSING" || filtered.includes(params["source"]),
  );
}

const NEEDED: ReadonlySet<SchemaUse["part"]> = new Set(["row_filter", "cursor", "key"]);

function isUnmet(
  { kind, column, usedBy = [] }: SchemaChange,
  { policies }: Pick<RunRequest, "policies">,
  read: ReadSource,
  side: SourceSide | undefined,
): boolean {
  if (kind === "column_removed") return usedBy.some(({ part }) => NEEDED.has(part)) || isNothingLeft(read);
  if (!kind.startsWith("type_")) return false;
  if (read.refusals.some((refusal) => columnOf(refusal, read) === column)) return true;
  const incremental = policies?.incremental ?? null;
  return (
    incremental !== null && incremental.cursor === column && !isCursor(() => side?.assertCursor(read.base, incremental))
  );
}

const isNothingLeft = ({ description }: ReadSource) => description.columns.length === 0;

function isCursor(assert: () => void): boolean {
  try {
    assert();
    return true;
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
}

/** The source's column that a refusal is about. */
function columnOf(refusal: AppError, { columns }: Pick<ReadSource, "columns">): string | null {
  const { source } = refusal.params;
  if (typeof source === "string") return source;
  return columns.find((column) => column.refusal === refusal)?.source ?? null;
}
