import { type Connection, heldVerification, type RunPreview } from "@millrace/engine";
import {
  type AppError,
  type PipelinePlan,
  type PlanColumn,
  type PlanDraft,
  type PlanRefusal,
  toAppError,
} from "@millrace/shared";

const UNKNOWN: PipelinePlan = {
  columns: [],
  statements: [],
  warnings: [],
  createsTable: null,
  wireFormat: null,
  chunkCount: null,
  digestMethod: null,
  verification: null,
  estimatedRows: null,
  estimatedBytes: null,
  supportsRealtime: null,
  schema: null,
  refusal: null,
};

/** The answer where the ends could not be looked at. */
export const refusedPlan = (error: unknown): PipelinePlan => ({
  ...UNKNOWN,
  refusal: presentRefusal(toAppError(error)),
});

export function presentPlan(preview: RunPreview, { policies }: PlanDraft, source: Connection): PipelinePlan {
  const { plan, refusals, chunkCount, statements } = preview;
  const [refusal] = refusals;
  return {
    ...UNKNOWN,
    ...(plan && {
      statements: [...statements],
      chunkCount,
      warnings: [...plan.warnings],
      createsTable: plan.createsTable,
      wireFormat: plan.wireFormat,
      digestMethod: plan.digestMethod,
      verification: heldVerification({ policies }, plan),
    }),
    columns: columnsOf(preview),
    estimatedRows: preview.source.estimatedRows,
    estimatedBytes: preview.source.estimatedBytes,
    supportsRealtime: source.connector.capabilities.canCapture,
    schema: preview.schema,
    refusal: refusal ? presentRefusal(refusal) : null,
  };
}

function columnsOf({ source, mapped, columns, refusals }: RunPreview): PlanColumn[] {
  const keys = new Set(source.primaryKey);
  const arriving = new Map(columns.map((column) => [column.name, column]));
  const own = new Set(mapped.map(({ refusal }) => refusal));
  const refused = new Map(refusals.filter((error) => !own.has(error)).map((error) => [error.params["column"], error]));
  const described = new Map(source.columns.map((column) => [column.name, column]));
  return mapped.map(({ name, source: from, sourceType, isKept, refusal: unread }) => {
    // Of two columns of one name, only the first is the one that the plan speaks of.
    const isRead = unread === null;
    const refusal = unread ?? refused.get(name);
    return {
      source: from,
      name,
      sourceType,
      destinationType: (isRead && arriving.get(name)?.type) || null,
      isNullable: described.get(name)?.isNullable ?? true,
      isPrimaryKey: isRead && keys.has(name),
      isCast: !isKept || (arriving.get(name)?.isCast ?? false),
      refusal: refusal ? presentRefusal(refusal) : null,
    };
  });
}

export function presentRefusal(error: AppError): PlanRefusal {
  const { code, message, hint } = error.toSummary();
  const { side, column } = error.params;
  return {
    code,
    message,
    hint,
    side: side === "source" || side === "destination" ? side : "millrace",
    column: typeof column === "string" ? column : null,
  };
}
