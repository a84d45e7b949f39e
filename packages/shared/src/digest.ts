import { z } from "zod";

/**
 * An order-free fingerprint of a set of rows: their count, and sum and xor of a 64-bit row hash, both as decimal text
 * because they pass 2^53. Equal digests mean equal sets of rows up to a hash collision; sum and xor together notice what
 * either alone does not (a row doubled an even number of times leaves the xor, two hashes that trade a bit leave the sum).
 */
export const Digest = z.strictObject({
  rowCount: z.int().nonnegative(),
  sum: z.string(),
  xor: z.string(),
});
export type Digest = z.infer<typeof Digest>;

export function digestsEqual(a: Digest, b: Digest): boolean {
  return a.rowCount === b.rowCount && a.sum === b.sum && a.xor === b.xor;
}

/** One word for people and `--json`: `rows:sum:xor`. */
export const formatDigest = (digest: Digest): string => `${digest.rowCount}:${digest.sum}:${digest.xor}`;
