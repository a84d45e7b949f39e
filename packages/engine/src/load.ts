import { AppError, counted, describeRows, type Digest, formatDigest } from "@millrace/shared";
import type {
  Chunk,
  ChunkWriter,
  CommittedChunk,
  DestinationSession,
  LoadResult,
  SourceReader,
  SourceSession,
  TablePlan,
} from "./connector.ts";
import { WHOLE_TABLE } from "./chunk.ts";
import { copyChunk } from "./copy.ts";
import { failpoint } from "./failpoints.ts";
import { inLanes } from "./lanes.ts";
import type { MismatchFinder } from "./mismatch.ts";
import type { ProgressMeter, Tally } from "./progress.ts";
import type { Quarantine } from "./quarantine.ts";
import { keepCommitted } from "./resume.ts";
import type { RunRequest } from "./run.ts";
import { copyRowByRow, type SetAside } from "./set-aside.ts";
import { assertCounts, type ChunkEnds, digestMismatch, type Digests, heldVerification, verifyChunk } from "./verify.ts";

/** One run on its way: its plan, both ends, and where it tells how far it is. */
export interface Load {
  readonly request: RunRequest;
  readonly plan: TablePlan;
  readonly chunks: readonly Chunk[];
  readonly source: SourceSession;
  readonly destination: DestinationSession;
  /** How much of the table is read. */
  readonly read: {
    /** Whether rows are left out that an earlier run has brought. */
    readonly isPartial: boolean;
    /** Whether what is read does not tell which keys there are. */
    readonly lacksKeys: boolean;
    readonly cursor: LoadResult["cursor"];
  };
  readonly meter: ProgressMeter;
  readonly quarantine: Quarantine;
  readonly mismatch: MismatchFinder;
  /** Aborts the signal that both ends were begun with. */
  readonly abort: () => void;
}

/**
 * Copies, verifies and commits every chunk, as many at once as the run asks for, and resolves to all of them, those included
 * that an earlier claim has committed. Where the load is not staged there is one chunk, which `publish` commits.
 */
export async function loadChunks(load: Load): Promise<readonly CommittedChunk[]> {
  const { request, plan, source, destination, meter, abort } = load;
  const chunks = destination.isStaged ? load.chunks : [WHOLE_TABLE];
  const lanes = destination.isStaged ? Math.min(request.parallelism ?? 1, chunks.length) : 1;
  const readers: SourceReader[] = [source];
  const writers: ChunkWriter[] = [];
  try {
    await openUpTo(lanes, readers, () => source.openReader(), request);
    await load.quarantine.begin();
    const kept = await keepCommitted(request, plan, chunks, readers, destination, abort);
    for (const { rowCount } of kept) meter.tally().advance(rowCount, 0);
    const done = [...kept];
    const keptIndexes = new Set(kept.map(({ index }) => index));
    const pending = chunks.filter(({ index }) => !keptIndexes.has(index));
    await openUpTo(Math.min(readers.length, pending.length), writers, () => destination.openWriter(), request);
    if (destination.isStaged) {
      request.onLog("info", `${pending.length} of ${chunks.length} chunks to copy, ${writers.length} at once`);
    }
    await inLanes(
      writers.map((writer, lane): ChunkEnds => ({ writer, reader: readers[lane] ?? source })),
      whileEqual(pending, load.mismatch),
      async (lane, chunk) => {
        done.push(await loadChunk(load, lane, chunk));
        if (destination.isStaged) request.onCheckpoint?.(done.length);
      },
      abort,
    );
    return done.sort((a, b) => a.index - b.index);
  } finally {
    await Promise.all(writers.map((writer) => writer.close()));
    await Promise.all(readers.filter((reader) => reader !== source).map((reader) => reader.close()));
  }
}

/** Once a chunk has turned out to differ, nothing more is copied while its keys are looked at. */
function* whileEqual(chunks: readonly Chunk[], mismatch: MismatchFinder): Generator<Chunk> {
  for (const chunk of chunks) {
    if (mismatch.isAsked) return;
    yield chunk;
  }
}

/** A server that has no connection left for more lanes serves those that there are; without any the run fails. */
async function openUpTo<End>(
  count: number,
  opened: End[],
  open: () => Promise<End>,
  { onLog }: RunRequest,
): Promise<void> {
  while (opened.length < count) {
    try {
      opened.push(await open());
    } catch (error) {
      const isFull = error instanceof AppError && error.code === "CONNECTION_LIMIT";
      if (!isFull || opened.length === 0) throw error;
      onLog("warn", `${error.message}; copying ${opened.length} at once instead of ${count}`);
      return;
    }
  }
}

async function loadChunk(load: Load, lane: ChunkEnds, chunk: Chunk): Promise<CommittedChunk> {
  const { request, plan, destination, meter } = load;
  const { rowsWritten, rowsExpected, digests } = await copyOrSetAside(load, lane, chunk, meter.tally());
  if (!destination.isStaged) {
    meter.finishStage();
    request.onLog("info", copiedLine(meter, plan));
    meter.enter("verify");
  }
  await failpoint("before-chunk-digest");
  const verification = heldVerification(request, plan);
  const digest =
    verification === "full"
      ? await verifyChunk(lane, plan, chunk, digests, (both) => explain(load, lane, chunk, digests, both))
      : null;
  if (verification === "count") assertCounts(plan, rowsExpected, rowsWritten);
  const committed: CommittedChunk = { index: chunk.index, rowCount: rowsWritten, digest };
  await lane.writer.commit(committed);
  if (destination.isStaged) {
    request.onLog("debug", `Chunk ${chunk.index + 1}: ${counted(rowsWritten, "row")} committed beside the destination`);
  }
  return committed;
}

/** The chunk's transaction is still open, so its rows can be looked at before they go. */
function explain(
  { request, plan, chunks, destination, mismatch }: Load,
  { reader, writer }: ChunkEnds,
  chunk: Chunk,
  setAside: readonly Digest[],
  digests: Digests,
): Promise<AppError> {
  const { source, destination: arrived } = digests;
  const where = chunk.condition === null ? "" : ` where ${chunk.condition}`;
  request.onLog(
    "error",
    `Digests differ${where}: source ${formatDigest(source)}, destination ${formatDigest(arrived)}`,
  );
  const isPart = destination.isStaged && chunks.length > 1;
  return mismatch.explain({
    error: digestMismatch(plan, describeRows({ sourceRows: source.rowCount, destinationRows: arrived.rowCount })),
    digests,
    chunk: isPart ? { number: chunk.index + 1, count: chunks.length } : null,
    plan,
    open: (key) => {
      const ours = reader.keyed?.(plan, key, { chunk, without: setAside });
      const theirs = writer.keyed?.(key, { without: setAside });
      return ours && theirs && { source: ours, destination: theirs };
    },
  });
}

/** At most so many rows are read again for no more than the key of a row that fails the run anyway. */
const MAX_ROWS_FOR_A_KEY = 5_000_000;

async function copyOrSetAside(load: Load, lane: ChunkEnds, chunk: Chunk, tally: Tally): Promise<SetAside> {
  const { request, plan, source, destination, quarantine } = load;
  const { reader, writer } = lane;
  try {
    const { rowsRead, rowsWritten } = await copyChunk(reader, writer, plan, chunk, tally);
    return { rowsWritten, rowsExpected: rowsRead, digests: [] };
  } catch (error) {
    const { rows } = writer;
    const readRows = reader.readRows?.bind(reader);
    if (!rows || !readRows || !writer.isRowFault?.(error)) throw error;
    const isBounded = destination.isStaged || (plan.estimatedRows ?? 0) <= MAX_ROWS_FOR_A_KEY;
    if (quarantine.isClosed && !isBounded) throw error;
    request.onLog(
      "info",
      `Chunk ${chunk.index + 1} was refused for what a row of it holds; looking for the rows at fault`,
    );
    const ends = { readRows, writer: rows };
    const { primaryKey } = source.description;
    return copyRowByRow(ends, plan, primaryKey, chunk, quarantine, tally);
  }
}

export const copiedLine = (meter: ProgressMeter, { wireFormat }: TablePlan): string =>
  `Copied ${counted(meter.rows, "row")}, ${meter.bytes} bytes as ${wireFormat}`;
