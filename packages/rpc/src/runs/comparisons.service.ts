import { comparedAs, openDifferences, PipelineRun, RunVerification } from "@millrace/db";
import {
  AppError,
  hasRole,
  isComparison,
  type RepairPipelineInput,
  type RunVerification as RunVerificationShape,
} from "@millrace/shared";
import type { Scope } from "../context.ts";
import { findPipeline } from "../pipelines/pipelines.service.ts";
import { startRun } from "./start-run.ts";

/**
 * A run that compares what stands at both ends of the pipeline now, and changes nothing. It ends `failed` with `ROWS_DIFFER`
 * where they are not equal. Throws what `startRun` throws.
 */
export const verifyPipeline = (scope: Scope, id: string): Promise<PipelineRun> => startRun(scope, id, "verify");

const HAS_COMPARED = {
  trigger: "verify" as const,
  $or: [{ status: "success" as const }, { failure: { code: "ROWS_DIFFER" } }],
};

/**
 * A run that makes the rows with the keys which a verification has listed those of the source, in one transaction. Throws
 * `RUN_NOT_FOUND`, `NOTHING_TO_REPAIR`, `LOAD_ROLLED_BACK`, `VERIFICATION_OUTDATED`, `UNSUPPORTED` for a history, and what `startRun` throws.
 */
export async function repairPipeline(
  scope: Scope,
  { id, runId, deletesUnexpected }: RepairPipelineInput,
): Promise<PipelineRun> {
  const { em } = scope;
  const pipeline = await findPipeline(scope, id);
  const verification = await em.findOne(
    PipelineRun,
    { pipeline: id, ...(runId === undefined ? HAS_COMPARED : { id: runId }) },
    { orderBy: { id: "desc" }, fields: ["id", "trigger"] },
  );
  if (!verification) throw new AppError(runId === undefined ? "NOTHING_TO_REPAIR" : "RUN_NOT_FOUND");
  const listed = await em.findOne(RunVerification, { runId: verification.id });
  if (!listed?.found?.differenceCount) throw new AppError("NOTHING_TO_REPAIR");
  if (!isComparison(verification.trigger)) throw new AppError("LOAD_ROLLED_BACK");
  if (pipeline.writeMode === "history") {
    const what = "Repairing rows of the write mode history";
    throw new AppError("UNSUPPORTED", { params: { what, instead: "Run the pipeline, which adds new versions." } });
  }
  if (listed.comparedAs !== comparedAs(pipeline)) throw new AppError("VERIFICATION_OUTDATED");
  return startRun(scope, id, "repair", { repair: { runId: verification.id, deletesUnexpected } });
}

/**
 * What a verification has found, what a load has that failed since its rows differ, or what a repair has done. The keys are values of rows, so only those who may look at rows see
 * them; for all others there is the kind of each difference and its columns. Throws `RUN_NOT_FOUND`, `SECRET_UNREADABLE`.
 */
export async function getRunVerification(scope: Scope, runId: string): Promise<RunVerificationShape> {
  const { em, actor, platform } = scope;
  const run = await em.findOne(PipelineRun, { id: runId }, { fields: ["repair"] });
  if (!run) throw new AppError("RUN_NOT_FOUND");
  const kept = await em.findOne(RunVerification, { runId });
  const maySeeRows = hasRole(actor.role, "editor");
  const differences = kept ? openDifferences(platform.secrets, kept, kept.differences) : [];
  return {
    runId,
    found: kept?.found ?? null,
    differences: differences.map(({ key, ...rest }) => ({ ...rest, key: maySeeRows ? key : null })),
    repair: run.repair ?? null,
    repaired: kept?.repaired ?? null,
  };
}
