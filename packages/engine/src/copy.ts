import { describeRows } from "@millrace/shared";
import type { Chunk, ChunkWriter, SourceRead, SourceReader, TablePlan } from "./connector.ts";
import { failpoint } from "./failpoints.ts";
import type { Load } from "./load.ts";
import type { Tally } from "./progress.ts";
import { digestMismatch } from "./verify.ts";

export interface CopyResult {
  readonly rowsRead: number;
  readonly rowsWritten: number;
}

/**
 * Lets a chunk's bytes flow from the source into the writer's open transaction. Node's stream carries them by reference and
 * holds the source back when the destination is slower, so memory does not grow with the table.
 */
export async function copyChunk(
  reader: SourceReader,
  writer: ChunkWriter,
  plan: TablePlan,
  chunk: Chunk,
  tally: Tally,
): Promise<CopyResult> {
  const read = reader.read(plan, chunk);
  return transport(read, () => writer.write(chunk, read.stream), tally);
}

/** The key of every row of the source, beside what was read of it: rows that have gone are told by theirs. */
export async function copyKeys({
  request,
  plan,
  source,
  destination,
}: Pick<Load, "request" | "plan" | "source" | "destination">): Promise<void> {
  const read = source.readKeys(plan);
  const { rowsRead, rowsWritten } = await transport(read, () => destination.writeKeys(read.stream), {
    advance: () => {},
  });
  if (rowsRead !== rowsWritten) {
    throw digestMismatch(plan, describeRows({ sourceRows: rowsRead, destinationRows: rowsWritten }));
  }
  request.onLog("info", `Compares the keys of all ${rowsRead} rows of the source`);
}

async function transport(read: SourceRead, write: () => Promise<number>, tally: Tally): Promise<CopyResult> {
  let sourceError: unknown;
  read.stream.once("error", (error) => (sourceError ??= error));
  read.stream.on("data", () => {
    tally.advance(read.rowCount(), read.byteCount());
    void failpoint("mid-copy-out")?.catch((error: Error) => read.stream.destroy(error));
  });
  try {
    // The writer attaches itself in the same tick, so no byte passes before all listen.
    const rowsWritten = await write();
    const rowsRead = read.rowCount();
    tally.advance(rowsRead, read.byteCount());
    return { rowsRead, rowsWritten };
  } catch (error) {
    throw error === sourceError ? read.toError(error) : error;
  }
}
