import { type PipelineRun } from "@millrace/db";
import {
  AppError,
  type BackfillPipelineInput,
  parseTableName,
  PipelinePolicies,
  type PipelinePosition,
} from "@millrace/shared";
import type { Scope } from "../context.ts";
import { InputRefused } from "../error-formatter.ts";
import { assertComplete, startRun, triggerOf } from "../runs/start-run.ts";
import { openConnection, takeLook } from "../sources/open-connection.ts";
import { endSources } from "./pipelines.ends.ts";
import { findPipeline } from "./pipelines.service.ts";

/**
 * How far the pipeline has read, as its destination has it now; null where no run has recorded anything for the table that
 * stands there. Throws `PIPELINE_NOT_FOUND`, `PIPELINE_INCOMPLETE`, and what opening the destination throws.
 */
export async function pipelinePosition(
  scope: Scope,
  pipelineId: string,
  callerLeft: AbortSignal | undefined,
): Promise<PipelinePosition | null> {
  const pipeline = await findPipeline(scope, pipelineId);
  assertComplete(pipeline);
  const { destination } = await endSources(scope, pipeline);
  const table = parseTableName(pipeline.destinationTable);
  return takeLook(scope, callerLeft, async (look) => {
    const connection = await openConnection(scope, destination, "destination", look);
    try {
      const known = await connection.destination?.cursorPosition({ pipelineId }, table, look.signal);
      return known ? { column: known.column, value: known.value, at: known.at } : null;
    } catch (error) {
      throw look.toError(error, "destination");
    } finally {
      await connection.close();
    }
  });
}

/**
 * Starts a run over the window. Throws `VALIDATION_FAILED` at the end of the window that the source does not take for a value
 * of its cursor, and what `startRun` throws. Whatever else the source has to say is the run's to say.
 */
export async function backfillPipeline(
  scope: Scope,
  { id, ...window }: BackfillPipelineInput,
  callerLeft: AbortSignal | undefined,
): Promise<PipelineRun> {
  await assertWindow(scope, id, window, callerLeft);
  return startRun(scope, id, triggerOf(scope), { backfill: window });
}

async function assertWindow(
  scope: Scope,
  pipelineId: string,
  window: Omit<BackfillPipelineInput, "id">,
  callerLeft: AbortSignal | undefined,
): Promise<void> {
  const pipeline = await findPipeline(scope, pipelineId);
  const policy = PipelinePolicies.parse(pipeline.policies).incremental;
  if (policy === null || (window.from === null && window.to === null)) return;
  assertComplete(pipeline);
  const { source } = await endSources(scope, pipeline);
  try {
    await takeLook(scope, callerLeft, async (look) => {
      const connection = await openConnection(scope, source, "source", look);
      try {
        const table = parseTableName(pipeline.sourceTable);
        await connection.source?.lookAtCursor(table, { policy, from: null, window }, look.signal);
      } finally {
        await connection.close();
      }
    });
  } catch (error) {
    const { end, fault } = error instanceof AppError && error.code === "VALIDATION_FAILED" ? error.params : {};
    if (end !== undefined) throw new InputRefused([{ path: [String(end)], message: String(fault) }]);
  }
}
