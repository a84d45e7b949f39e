import { type ClaimedRun, type EntityManager, Pipeline } from "@millrace/db";
import { type SchemaAgreement, type SchemaReport, SchemaState, type TableShape } from "@millrace/shared";

/** What a run has found of its table's structure. */
export interface FoundSchema {
  readonly report: SchemaReport;
  readonly source: TableShape;
  /** Of the pipeline when the run read it. */
  readonly edition: string;
}

/**
 * Writes down what is agreed from now on, or what waits to be accepted, in the transaction that ends the run and has locked the
 * pipeline's row. A pipeline that was changed meanwhile is about other tables, so it is left as it is.
 */
export async function keepSchema(
  em: EntityManager,
  { pipelineId, runId, fence }: ClaimedRun,
  { report, source, edition }: FoundSchema,
  { agreement = null }: { readonly agreement?: SchemaAgreement | null },
): Promise<void> {
  const pipeline = await em.findOneOrFail(Pipeline, { id: pipelineId }, { fields: ["schemaState"] });
  const state = SchemaState.parse(pipeline.schemaState);
  if (state.edition !== edition) return;
  const next = nextState(state, agreement, report, { runId, source });
  if (next !== state) await em.nativeUpdate(Pipeline, { id: pipelineId, fence }, { schemaState: { ...next } });
}

function nextState(
  state: SchemaState,
  agreement: SchemaAgreement | null,
  report: SchemaReport,
  found: { readonly runId: string; readonly source: TableShape },
): SchemaState {
  if (agreement) return { ...state, agreed: agreement, accepted: null, waiting: null };
  if (report.verdict !== "waits") return state;
  return { ...state, accepted: null, waiting: { ...report, ...found, at: new Date().toISOString() } };
}
