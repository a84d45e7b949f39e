import type { Digest } from "@millrace/shared";
import type { Chunk } from "./connector.ts";

/**
 * How much of a table is one chunk: two to five seconds of copying. Less would make the commits felt, more would make a run
 * that is taken over repeat more, and leave a lane idle for longer at the end of a table.
 */
export const CHUNK_BYTES = 128 * 1024 ** 2;

/** A table that is not split. */
export const WHOLE_TABLE: Chunk = { index: 0, condition: null };

const EMPTY: Digest = { rowCount: 0, sum: "0", xor: "0" };

/** The digest of all the chunks' rows together: what a digest of the whole table would be. */
export function combineDigests(digests: readonly Digest[]): Digest {
  if (digests.length === 1 && digests[0]) return digests[0];
  return digests.reduce(
    (all, digest) => ({
      rowCount: all.rowCount + digest.rowCount,
      sum: String(BigInt(all.sum) + BigInt(digest.sum)),
      xor: String(BigInt(all.xor) ^ BigInt(digest.xor)),
    }),
    EMPTY,
  );
}
