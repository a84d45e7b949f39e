import { readMapping } from "@millrace/db";
import { type Connection, previewRun, type RunMapping, type RunPreview, type SchemaBasis } from "@millrace/engine";
import {
  type Mapping,
  PipelineLimits,
  type PipelinePlan,
  PipelinePolicies,
  type PlanDraft,
  type PlanPipelineInput,
  toAppError,
} from "@millrace/shared";
import type { Scope } from "../context.ts";
import { assertComplete, type CompletePipeline } from "../runs/start-run.ts";
import { type Look, takeLook } from "../sources/open-connection.ts";
import { endSources, planRequest, withEnds } from "./pipelines.ends.ts";
import { assertMayQuery, draftMapping, runMappingOf } from "./pipelines.mapping.ts";
import { presentPlan, refusedPlan } from "./pipelines.plan-presenter.ts";
import { basisOf, basisOfDraft } from "./pipelines.schema.ts";
import { findPipeline } from "./pipelines.service.ts";

/**
 * What a run of the pipeline or the draft would do now. Opens both ends under the limits of every look; what refuses the run,
 * an end that cannot be reached included, is part of the answer. Throws `PIPELINE_NOT_FOUND`, `PIPELINE_INCOMPLETE`,
 * `SOURCE_UNKNOWN`.
 */
export async function planPipeline(
  scope: Scope,
  input: PlanPipelineInput,
  callerLeft: AbortSignal | undefined,
): Promise<PipelinePlan> {
  const { draft, mapping, schema } = await toBePlanned(scope, input);
  const sources = await endSources(scope, draft);
  return takeLook(scope, callerLeft, (look) =>
    withEnds(scope, sources, look, async (source, destination) => {
      if (source.status === "rejected") return refusedPlan(source.reason);
      if (destination.status === "rejected") return refusedPlan(destination.reason);
      try {
        return presentPlan(
          await previewDraft({ draft, mapping, schema }, source.value, destination.value, look),
          draft,
          source.value,
        );
      } catch (error) {
        return refusedPlan(error);
      }
    }),
  );
}

/** A draft with its mapping and the secret of it. */
interface ToBePlanned {
  readonly draft: PlanDraft;
  readonly mapping: RunMapping;
  /** What was agreed on the tables that the draft is about. */
  readonly schema: SchemaBasis;
}

/** Throws `FORBIDDEN` for a draft of custom SQL by somebody below admin. */
export async function toBePlanned(scope: Scope, input: PlanPipelineInput): Promise<ToBePlanned> {
  if (!("id" in input)) {
    assertMayQuery(scope.actor, input.mapping, await knownMapping(scope, input.pipelineId));
    return {
      draft: input,
      mapping: draftMapping(input.mapping),
      schema: await basisOfDraft(scope, input, input.pipelineId),
    };
  }
  const pipeline = await findPipeline(scope, input.id);
  assertComplete(pipeline);
  return { draft: draftOf(pipeline), mapping: runMappingOf(scope, pipeline), schema: await basisOf(scope, pipeline) };
}

/** Somebody who changes a pipeline may look at it with the SQL that an admin gave it. Throws `PIPELINE_NOT_FOUND`. */
export async function knownMapping(scope: Scope, id: string | undefined): Promise<Mapping | undefined> {
  return id === undefined ? undefined : readMapping(await findPipeline(scope, id));
}

function draftOf(pipeline: CompletePipeline): PlanDraft {
  const { sourceId, sourceTable, destinationId, destinationTable, writeMode } = pipeline;
  const policies = PipelinePolicies.parse(pipeline.policies);
  const limits = PipelineLimits.parse(pipeline.limits);
  const mapping = readMapping(pipeline);
  return { sourceId, sourceTable, destinationId, destinationTable, writeMode, policies, limits, mapping };
}

/** Throws as `previewRun` does; a look that took too long is a timeout of the end that it waited for. */
export async function previewDraft(
  { draft, mapping, schema }: ToBePlanned,
  source: Connection,
  destination: Connection,
  look: Look,
): Promise<RunPreview> {
  try {
    return await previewRun({ ...planRequest(draft, mapping, { source, destination }, look.signal), schema });
  } catch (error) {
    const { side } = toAppError(error).params;
    throw look.toError(error, side === "destination" ? "destination" : "source");
  }
}
