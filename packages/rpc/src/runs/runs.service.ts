import { hasLastLoadFailed, Pipeline, PipelineRun } from "@millrace/db";
import {
  AppError,
  type CountRunsInput,
  decodeCursor,
  hasRole,
  isComparison,
  isRunActive,
  type ListRunsInput,
  type RunCounts,
  type RunCursor,
  RunStatus,
  type RunWaitReason,
} from "@millrace/shared";
import type { Scope } from "../context.ts";
import { pageFrom } from "../paging.ts";
import { findPipeline } from "../pipelines/pipelines.service.ts";
import { repairPipeline, verifyPipeline } from "./comparisons.service.ts";
import { replayAgain } from "../quarantine/replay.service.ts";
import { lineCountOf } from "./run-log.service.ts";
import { startRun } from "./start-run.ts";
import { undoRun } from "./undo.service.ts";

/** Newest first, each with its pipeline. Throws `PIPELINE_NOT_FOUND` when asked for the runs of a pipeline that is not there. */
export async function listRuns(scope: Scope, input: ListRunsInput) {
  const { cursor, pipelineId, status, trigger, since, until, limit, withLog } = input;
  if (pipelineId !== undefined) await findPipeline(scope, pipelineId);
  const found = await scope.em.find(
    PipelineRun,
    {
      ...(cursor === undefined ? {} : { id: { $lt: decodeCursor(cursor) } }),
      ...(pipelineId === undefined ? {} : { pipeline: pipelineId }),
      ...(status === undefined ? {} : { status: { $in: [status].flat() } }),
      ...(trigger === undefined ? {} : { trigger }),
      createdAt: {
        ...(since === undefined ? {} : { $gte: new Date(since) }),
        ...(until === undefined ? {} : { $lt: new Date(until) }),
      },
    },
    { populate: ["pipeline"], exclude: withLog ? [] : ["log"], orderBy: { id: "desc" }, limit: limit + 1 },
  );
  return pageFrom(found, limit);
}

/** How many runs there are in each state, in one pass. Throws as `listRuns` does. */
export async function countRuns(scope: Scope, input: CountRunsInput): Promise<RunCounts> {
  const { pipelineId, trigger, since, until } = input;
  if (pipelineId !== undefined) await findPipeline(scope, pipelineId);
  const conditions: readonly (readonly [sql: string, value: string | undefined])[] = [
    ["organization_id = ?", scope.actor.organizationId],
    ["pipeline_id = ?", pipelineId],
    ["trigger = ?", trigger],
    ["created_at >= ?", since],
    ["created_at < ?", until],
  ];
  const asked = conditions.flatMap(([sql, value]) => (value === undefined ? [] : [{ sql, value }]));
  const rows = await scope.em.execute<{ status: RunStatus; count: number }[]>(
    `select status, count(*)::int as count from pipeline_runs
     where ${asked.map(({ sql }) => sql).join(" and ")} group by status`,
    asked.map(({ value }) => value),
  );
  const counts = new Map(rows.map(({ status, count }) => [status, count]));
  return Object.fromEntries(RunStatus.options.map((status) => [status, counts.get(status) ?? 0])) as RunCounts;
}

async function getRun({ em }: Pick<Scope, "em">, id: string): Promise<PipelineRun> {
  const run = await em.findOne(PipelineRun, { id });
  if (!run) throw new AppError("RUN_NOT_FOUND");
  return run;
}

/** A run and what is not in its row. */
export interface RunFacts {
  readonly run: PipelineRun;
  readonly lineCount: number;
  readonly undoneBy: string | null;
  readonly waitReason: RunWaitReason | null;
}

/** The run with its pipeline and samples. Its lines are counted after it was read, so an ended run has them all. */
export async function getRunDetail(scope: Pick<Scope, "em" | "platform">, id: string): Promise<RunFacts> {
  const run = await scope.em.findOne(PipelineRun, { id }, { populate: ["pipeline", "samples", "schema"] });
  if (!run) throw new AppError("RUN_NOT_FOUND");
  return {
    run,
    lineCount: await lineCountOf(scope, id),
    undoneBy: await undoneBy(scope, run),
    waitReason: await waitReasonOf(scope, run),
  };
}

/** Which cursors the run has read; null for a run without one, and before it has succeeded. Throws `RUN_NOT_FOUND`. */
export async function getRunCursor({ em }: Pick<Scope, "em">, id: string): Promise<RunCursor | null> {
  const run = await em.findOne(PipelineRun, { id }, { fields: ["cursor"] });
  if (!run) throw new AppError("RUN_NOT_FOUND");
  return run.cursor ?? null;
}

async function undoneBy({ em }: Pick<Scope, "em">, run: PipelineRun): Promise<string | null> {
  if (run.status !== "success" || run.trigger === "undo") return null;
  const { pipeline, id: undoes } = run;
  const found = await em.findOne(PipelineRun, { pipeline, undoes, status: "success" }, { fields: ["id"] });
  return found?.id ?? null;
}

async function waitReasonOf({ platform }: Pick<Scope, "platform">, run: PipelineRun): Promise<RunWaitReason | null> {
  if (run.status !== "pending") return null;
  const { workers, free } = await platform.store.claims.workersUp();
  if (workers === 0) return "no_worker";
  return free === 0 ? "busy" : null;
}

/**
 * Each step is one conditional update, so a cancel that meets a claim or a finish never undoes either. Asking twice is fine
 * while the run is active. Throws `RUN_NOT_FOUND`, `RUN_NOT_ACTIVE`.
 */
export async function cancelRun({ em, clock, audit }: Scope, id: string): Promise<PipelineRun> {
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
    if (isCancelled > 0) await restPipeline(tx, run);
    else if (run.status !== "running") throw new AppError("RUN_NOT_ACTIVE");
    const pipeline = await findPipeline({ em: tx }, run.pipeline.id);
    audit.record({ subjectType: "run", subjectId: id, subjectName: pipeline.name, pipelineId: pipeline.id });
    return run;
  });
}

/** A run that went back to pending after its worker vanished leaves its pipeline `running`; no worker will end that now. */
async function restPipeline(em: Scope["em"], run: PipelineRun): Promise<void> {
  const { id } = run.pipeline;
  if (isComparison(run.trigger) && (await hasLastLoadFailed(em, id))) {
    await em.nativeUpdate(Pipeline, { id, status: "running" }, { status: "failed" });
  }
  await em.nativeUpdate(Pipeline, { id, status: "running", isEnabled: true }, { status: "active" });
  await em.nativeUpdate(Pipeline, { id, status: "running", isEnabled: false }, { status: "inactive" });
}

/** A new run of the same pipeline as it is now, over the same window where it was a backfill; of one that undoes, verifies, repairs or replays, another that does the same. Throws `RUN_STILL_ACTIVE`, `FORBIDDEN` where that was an editor's to start, and whatever a trigger throws. */
export async function retryRun(scope: Scope, id: string): Promise<PipelineRun> {
  const run = await getRun(scope, id);
  if (isRunActive(run.status)) throw new AppError("RUN_STILL_ACTIVE");
  // What only an editor may ask for, nobody else may ask for again.
  if ((run.undoes != null || run.repair || run.replays != null) && !hasRole(scope.actor.role, "editor")) {
    throw new AppError("FORBIDDEN", { params: { role: "editor" } });
  }
  if (run.undoes != null) return undoRun(scope, run.undoes);
  if (run.trigger === "verify") return verifyPipeline(scope, run.pipeline.id);
  if (run.repair) return repairPipeline(scope, { id: run.pipeline.id, ...run.repair });
  if (run.replays != null) return replayAgain(scope, run.id, run.replays);
  return startRun(scope, run.pipeline.id, "retry", { backfill: run.backfill ?? null });
}
