import { type Connection, previewRun, type RunPreview } from "@millrace/engine";
import {
  type PipelinePlan,
  PipelinePolicies,
  type PlanDraft,
  type PlanPipelineInput,
  toAppError,
} from "@millrace/shared";
import type { Scope } from "../context.ts";
import { assertComplete } from "../runs/start-run.ts";
import { type Look, takeLook } from "../sources/open-connection.ts";
import { endSources, planRequest, withEnds } from "./pipelines.ends.ts";
import { presentPlan, refusedPlan } from "./pipelines.plan-presenter.ts";
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
  const draft = "id" in input ? await draftOf(scope, input.id) : input;
  const sources = await endSources(scope, draft);
  return takeLook(scope, callerLeft, (look) =>
    withEnds(scope, sources, look, async (source, destination) => {
      if (source.status === "rejected") return refusedPlan(source.reason);
      if (destination.status === "rejected") return refusedPlan(destination.reason);
      try {
        return presentPlan(await previewDraft(draft, source.value, destination.value, look), draft, source.value);
      } catch (error) {
        return refusedPlan(error);
      }
    }),
  );
}

async function draftOf(scope: Scope, id: string): Promise<PlanDraft> {
  const pipeline = await findPipeline(scope, id);
  assertComplete(pipeline);
  const { sourceId, sourceTable, destinationId, destinationTable, writeMode, verify } = pipeline;
  const policies = PipelinePolicies.parse(pipeline.policies);
  return { sourceId, sourceTable, destinationId, destinationTable, writeMode, verify, policies };
}

/** Throws as `previewRun` does; a look that took too long is a timeout of the end that it waited for. */
export async function previewDraft(
  draft: PlanDraft,
  source: Connection,
  destination: Connection,
  look: Look,
): Promise<RunPreview> {
  try {
    return await previewRun(planRequest(draft, { source, destination }, look.signal));
  } catch (error) {
    const { side } = toAppError(error).params;
    throw look.toError(error, side === "destination" ? "destination" : "source");
  }
}
