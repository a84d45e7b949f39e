import { AppError, type Digest, digestsEqual, formatDigest, formatTableName } from "@millrace/shared";
import type { DestinationSession, SourceSession, TablePlan } from "./connector.ts";

export interface Verification {
  readonly sourceDigest: Digest;
  readonly destinationDigest: Digest;
}

/**
 * Takes both digests at the same time, each on its own server: the source's under the copy's snapshot, the destination's
 * of what the open transaction wrote. Throws `DIGEST_MISMATCH`.
 */
export async function verifyRows(
  source: SourceSession,
  destination: DestinationSession,
  plan: TablePlan,
  onLog: (message: string) => void,
): Promise<Verification> {
  const [sourceResult, destinationResult] = await Promise.allSettled([source.digest(plan), destination.digest()]);
  // Both have ended before either's failure is told, so nothing is still running when the caller rolls back.
  if (sourceResult.status === "rejected") throw sourceResult.reason;
  if (destinationResult.status === "rejected") throw destinationResult.reason;
  const sourceDigest = sourceResult.value;
  const destinationDigest = destinationResult.value;
  if (!digestsEqual(sourceDigest, destinationDigest)) {
    onLog(`Digests differ: source ${formatDigest(sourceDigest)}, destination ${formatDigest(destinationDigest)}`);
    throw new AppError("DIGEST_MISMATCH", { params: { table: formatTableName(plan.sourceTable) } });
  }
  return { sourceDigest, destinationDigest };
}
