import { Pipeline, PipelineRun, RunLogLine } from "@millrace/db";
import { AppError, decodeCursor, isRunActive, type ListRunsInput, type RunLogInput } from "@millrace/shared";
import type { Scope } from "../context.ts";
import { type Page, pageFrom } from "../paging.ts";
import { findPipeline } from "../pipelines/pipelines.service.ts";
import { startRun } from "./start-run.ts";

/** Newest first. Throws `PIPELINE_NOT_FOUND` when it is asked for the runs of a pipeline that is not there. */
export async function listRuns(scope: Scope, input: ListRunsInput): Promise<Page<PipelineRun>> {
  if (input.pipelineId !== undefined) await findPipeline(scope, input.pipelineId);
  const found = await scope.em.find(
    PipelineRun,
    {
      ...(input.cursor === undefined ? {} : { id: { $lt: decodeCursor(input.cursor) } }),
      ...(input.pipelineId === undefined ? {} : { pipeline: input.pipelineId }),
      ...(input.status === undefined ? {} : { status: input.status }),
    },
    { orderBy: { id: "desc" }, limit: input.limit + 1 },
  );
  return pageFrom(found, input.limit);
}

export async function getRun({ em }: Pick<Scope, "em">, id: string): Promise<PipelineRun> {
  const run = await em.findOne(PipelineRun, { id });
  if (!run) throw new AppError("RUN_NOT_FOUND");
  return run;
}

/** Throws `RUN_NOT_FOUND`. */
export async function readRunLog(scope: Scope, { id, afterSeq, limit }: RunLogInput): Promise<RunLogLine[]> {
  await getRun(scope, id);
  return linesAfter(scope, id, afterSeq, limit);
}

export const linesAfter = (
  { em }: Pick<Scope, "em">,
  runId: string,
  afterSeq: number,
  limit: number,
): Promise<RunLogLine[]> =>
  em.find(RunLogLine, { run: runId, seq: { $gt: afterSeq } }, { orderBy: { seq: "asc" }, limit });

/**
 * Each step is one conditional update, so a cancel that meets a claim or a finish never undoes either. Asking twice is fine
 * while the run is active. Throws `RUN_NOT_FOUND`, `RUN_NOT_ACTIVE`.
 */
export async function cancelRun({ em, clock }: Scope, id: string): Promise<PipelineRun> {
  return em.transactional(async (tx) => {
    const now = clock.now();
    const isCancelled = await tx.nativeUpdate(
      PipelineRun,
      { id, status: "pending" },
      {
        status: "cancelled",
        endTime: now,
        cancelRequestedAt: now,
        errorMessage: new AppError("RUN_CANCELLED").message,
      },
    );
    if (isCancelled === 0) {
      await tx.nativeUpdate(
        PipelineRun,
        { id, status: "running", cancelRequestedAt: null },
        { cancelRequestedAt: now },
      );
    }
    const run = await getRun({ em: tx }, id);
    if (isCancelled > 0) await restPipeline(tx, run.pipeline.id);
    else if (run.status !== "running") throw new AppError("RUN_NOT_ACTIVE");
    return run;
  });
}

/** A run that went back to pending after its worker vanished leaves its pipeline `running`; no worker will end that now. */
async function restPipeline(em: Scope["em"], id: string): Promise<void> {
  await em.nativeUpdate(Pipeline, { id, status: "running", isEnabled: true }, { status: "active" });
  await em.nativeUpdate(Pipeline, { id, status: "running", isEnabled: false }, { status: "inactive" });
}

/** A new run of the same pipeline as it is now. Throws `RUN_STILL_ACTIVE`, and whatever a trigger throws. */
export async function retryRun(scope: Scope, id: string): Promise<PipelineRun> {
  const run = await getRun(scope, id);
  if (isRunActive(run.status)) throw new AppError("RUN_STILL_ACTIVE");
  return startRun(scope, run.pipeline.id, "retry");
}
