import { isDeepStrictEqual } from "node:util";
import { LockMode } from "@mikro-orm/core";
import type { Pipeline } from "@millrace/db";
import type { SchemaBasis } from "@millrace/engine";
import { type AcceptSchemaInput, AppError, describeSchemaChange, type PlanDraft, SchemaState } from "@millrace/shared";
import type { Scope } from "../context.ts";
import { endsOf, tablesOf } from "./pipeline-tables.ts";
import { aboutPipeline, findPipeline } from "./pipelines.service.ts";

/** What a run of the pipeline would be held against. */
export async function basisOf({ em }: Pick<Scope, "em">, pipeline: Pipeline): Promise<SchemaBasis> {
  await em.populate(pipeline, ["schemaState"]);
  const { agreed, accepted } = SchemaState.parse(pipeline.schemaState);
  return { agreed, accepted };
}

/** A draft that changes what a pipeline reads or writes would be held against nothing, as one of a new pipeline. */
export async function basisOfDraft(
  scope: Scope,
  draft: PlanDraft,
  pipelineId: string | undefined,
): Promise<SchemaBasis> {
  const nothing: SchemaBasis = { agreed: null, accepted: null };
  if (pipelineId === undefined) return nothing;
  const pipeline = await findPipeline(scope, pipelineId);
  const drafted = { ends: endsOf(draft), mapping: draft.mapping };
  return isDeepStrictEqual(tablesOf(pipeline), drafted) ? basisOf(scope, pipeline) : nothing;
}

/**
 * The next run does what this one has stopped for, as long as the source is as it has found it. Throws `PIPELINE_NOT_FOUND`,
 * `SCHEMA_NOT_WAITING`.
 */
export function acceptSchema({ em, audit }: Scope, { id, runId }: AcceptSchemaInput): Promise<Pipeline> {
  return em.transactional(async (tx) => {
    const pipeline = await findPipeline({ em: tx }, id, LockMode.PESSIMISTIC_WRITE);
    await tx.populate(pipeline, ["schemaState"], { refresh: true });
    const state = SchemaState.parse(pipeline.schemaState);
    const { waiting } = state;
    if (waiting?.runId !== runId) throw new AppError("SCHEMA_NOT_WAITING");
    pipeline.schemaState = { ...state, accepted: waiting.source, waiting: null } satisfies SchemaState;
    await tx.flush();
    const accepted = waiting.changes.map(describeSchemaChange);
    audit.record({
      ...aboutPipeline(pipeline),
      changes: [{ field: "schema", values: { before: null, after: accepted } }],
    });
    return pipeline;
  });
}
