import { digestsEqual } from "@millrace/shared";
import type { Chunk, CommittedChunk, DestinationSession, SourceReader, TablePlan } from "./connector.ts";
import { failpoint } from "./failpoints.ts";
import { inLanes } from "./lanes.ts";
import type { RunRequest } from "./run.ts";
import { verificationOf } from "./verify.ts";

/**
 * Which of the chunks that an earlier claim of the run has committed can stay: those whose rows are still the same under the
 * new snapshot, which their digests tell for a fifth of the time that copying takes. The destination forgets the others. Where
 * most have changed it forgets all of them: deleting rows one by one would leave a table full of holes.
 */
export async function keepCommitted(
  request: RunRequest,
  plan: TablePlan,
  chunks: readonly Chunk[],
  readers: readonly SourceReader[],
  destination: DestinationSession,
  abort: () => void,
): Promise<readonly CommittedChunk[]> {
  const { committed, startsOverBecause } = destination;
  if (startsOverBecause !== null) request.onLog("info", `Starts over, because ${startsOverBecause}`);
  if (committed.length === 0) return [];

  const startOver = async (reason: string) => {
    request.onLog("info", `Starts over, because ${reason}`);
    await destination.discard(committed.map(({ index }) => index));
    return [];
  };
  if (verificationOf(request) !== "full" || committed.some(({ digest }) => digest === null)) {
    return startOver("without digests nobody can tell whether the source has changed meanwhile");
  }

  const kept: CommittedChunk[] = [];
  await inLanes(
    readers,
    committed,
    async (reader, known) => {
      const chunk = chunks[known.index];
      await failpoint("before-chunk-keep");
      if (!chunk || !known.digest) return;
      if (digestsEqual(await reader.digest(plan, chunk), known.digest)) kept.push(known);
    },
    abort,
  );
  const changed = committed.filter((known) => !kept.includes(known));
  if (changed.length > kept.length) {
    return startOver(`${changed.length} of ${committed.length} chunks have changed at the source`);
  }
  if (changed.length > 0) await destination.discard(changed.map(({ index }) => index));
  const keptIndexes = new Set(kept.map(({ index }) => index));
  const next = chunks.find(({ index }) => !keptIndexes.has(index))?.index ?? chunks.length;
  const what = next < chunks.length ? `Goes on from chunk ${next + 1} of ${chunks.length}` : "Every chunk is there";
  const recopied = changed.length === 0 ? "" : `; ${changed.length} have changed at the source and are copied again`;
  request.onLog("info", `${what}: ${kept.length} were committed before${recopied}`);
  return kept;
}
