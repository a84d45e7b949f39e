import type { DestinationSession, SourceSession, TablePlan } from "./connector.ts";
import type { ProgressMeter } from "./progress.ts";

export interface CopyResult {
  readonly rowsRead: number;
  readonly rowsWritten: number;
}

/**
 * Lets the bytes flow from the source to the destination's open transaction. Node's stream carries them by reference and
 * holds the source back when the destination is slower, so memory does not grow with the table.
 */
export async function copyRows(
  source: SourceSession,
  destination: DestinationSession,
  plan: TablePlan,
  meter: ProgressMeter,
): Promise<CopyResult> {
  const read = source.read(plan);
  let sourceError: unknown;
  read.stream.once("error", (error) => (sourceError ??= error));
  read.stream.on("data", () => meter.advance(read.rowCount(), read.byteCount()));
  try {
    // The writer attaches itself in the same tick, so no byte passes before all listen.
    const rowsWritten = await destination.write(read.stream);
    const rowsRead = read.rowCount();
    meter.advance(rowsRead, read.byteCount());
    meter.finishStage(rowsRead);
    return { rowsRead, rowsWritten };
  } catch (error) {
    throw error === sourceError ? read.toError(error) : error;
  }
}
