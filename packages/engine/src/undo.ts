import { AppError, formatTableName, type RunProgress, type TableName } from "@millrace/shared";
import type { Connection } from "./connector.ts";
import { ProgressMeter } from "./progress.ts";
import type { RunIdentity, RunRequest } from "./run.ts";

export interface UndoRequest extends Pick<RunRequest, "destination" | "signal" | "onLog"> {
  readonly destination: Connection;
  readonly table: TableName;
  /** Of the run that undoes. */
  readonly identity: RunIdentity;
  /** The run that is undone. */
  readonly undoes: string;
  readonly onProgress: (progress: RunProgress) => void;
}

/**
 * Undoes a run: the table that it has replaced is back, or, when this rejects, everything is as it was. Called again for an
 * undo that was committed before, it changes nothing. Throws `UNDO_UNAVAILABLE`, `UNSUPPORTED`, `FENCE_STALE`.
 */
export async function undoRun(request: UndoRequest): Promise<{ readonly rowCount: number }> {
  const { destination, table, identity, undoes, signal, onLog } = request;
  const undo = destination.destination?.undo;
  if (!undo) {
    const what = `Undoing a run at ${destination.connector.title}`;
    throw new AppError("UNSUPPORTED", { params: { what, instead: "Run the pipeline again." } });
  }
  const meter = new ProgressMeter(request.onProgress);
  meter.enter("plan");
  const target = { pipelineId: identity.pipelineId, runId: undoes, table };
  const { reason, keptRows, currentRows } = await undo.look(target, signal);
  if (reason === null) {
    onLog(
      "info",
      `undo: ${formatTableName(table)} gets back its ${keptRows} rows from before run ${undoes}, whose ${currentRows} rows go`,
    );
  }
  meter.enter("verify");
  const done = await undo.run(identity, target, signal);
  meter.enter("publish");
  meter.finishStage();
  onLog("info", "Nobody had written to the table since, and the one from before is in its place again");
  return done;
}
