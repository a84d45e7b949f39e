import { hash } from "node:crypto";
import type { Digest } from "@millrace/shared";
import type { Row } from "./memory-types.ts";

/** The first 64 bits of a SHA-256 of the row's values, as JSON tells them apart. */
function hashOf(row: Row): bigint {
  return hash("sha256", JSON.stringify(row), "buffer").readBigInt64BE(0);
}

/** Of rows whose values are in the order of the plan's columns. */
export function digestOf(rows: Iterable<Row>): Digest {
  let rowCount = 0;
  let sum = 0n;
  let xor = 0n;
  for (const row of rows) {
    const one = hashOf(row);
    rowCount += 1;
    sum += one;
    xor ^= one;
  }
  return { rowCount, sum: String(sum), xor: String(xor) };
}

/** What is left of a digest without those of single rows. */
export const digestWithout = (digest: Digest, rows: readonly Digest[]): Digest => ({
  rowCount: digest.rowCount - rows.length,
  sum: String(rows.reduce((all, { sum }) => all - BigInt(sum), BigInt(digest.sum))),
  xor: String(rows.reduce((all, { xor }) => all ^ BigInt(xor), BigInt(digest.xor))),
});
