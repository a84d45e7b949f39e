import { type Pipeline, PipelineRun } from "@millrace/db";
import { AppError, COMPARISON_TRIGGERS, parseTableName, UNDO_REASONS, type UndoPreview } from "@millrace/shared";
import type { Scope } from "../context.ts";
import { openConnection, takeLook } from "../sources/open-connection.ts";
import { getSource } from "../sources/sources.service.ts";
import { assertComplete, startRun } from "./start-run.ts";

/**
 * What undoing the run would do, as the destination tells without reading rows. Throws `RUN_NOT_FOUND`,
 * `PIPELINE_INCOMPLETE`, `DATA_SOURCE_NOT_FOUND`, and what opening the destination throws.
 */
export async function previewUndo(scope: Scope, id: string, signal: AbortSignal | undefined): Promise<UndoPreview> {
  const { run, pipeline } = await findRun(scope, id);
  assertComplete(pipeline);
  const { id: pipelineId, destinationId, destinationTable } = pipeline;
  const about = { runId: id, table: destinationTable };
  if (!isUndoable(run)) {
    return { ...about, reason: "not_replaced", keptRows: null, currentRows: null, keptUntil: null };
  }
  const source = await getSource(scope, destinationId);
  return takeLook(scope, signal, async (look) => {
    const connection = await openConnection(scope, source, "destination", look);
    try {
      const target = { pipelineId, runId: id, table: parseTableName(destinationTable) };
      const found = await connection.destination?.undo?.look(target, look.signal);
      const nothing = { reason: "nothing_kept" as const, keptRows: null, currentRows: null, keptUntil: null };
      return { ...about, ...(found ?? nothing) };
    } catch (error) {
      throw look.toError(error, "destination");
    } finally {
      await connection.close();
    }
  });
}

/**
 * A run of the pipeline that undoes this one. Whether the table is still as the run has left it is seen by the worker, in the
 * transaction that swaps. Throws `RUN_NOT_FOUND`, `UNDO_UNAVAILABLE` where the platform knows already that it cannot be, and
 * what `startRun` throws.
 */
export async function undoRun(scope: Scope, id: string): Promise<PipelineRun> {
  const { run, pipeline } = await findRun(scope, id);
  if (!isUndoable(run)) throw unavailable("not_replaced");
  const later = await scope.em.count(PipelineRun, {
    pipeline: pipeline.id,
    status: "success",
    id: { $gt: id },
    trigger: { $ne: "verify" },
  });
  if (later > 0) throw unavailable("later_run");
  return startRun(scope, pipeline.id, "undo", { undoes: id });
}

const isUndoable = ({ status, trigger }: PipelineRun): boolean =>
  status === "success" && !["undo", ...COMPARISON_TRIGGERS].includes(trigger);

const unavailable = (reason: keyof typeof UNDO_REASONS) =>
  new AppError("UNDO_UNAVAILABLE", { params: { reason: UNDO_REASONS[reason] } });

async function findRun({ em }: Scope, id: string): Promise<{ run: PipelineRun; pipeline: Pipeline }> {
  const run = await em.findOne(PipelineRun, { id }, { populate: ["pipeline"] });
  if (!run) throw new AppError("RUN_NOT_FOUND");
  return { run, pipeline: run.pipeline.getEntity() };
}
