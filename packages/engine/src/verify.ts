import {
  AppError,
  DEFAULT_POLICIES,
  type Digest,
  digestsEqual,
  formatDigest,
  formatTableName,
  type VerificationMode,
} from "@millrace/shared";
import type { RunRequest } from "./run.ts";
import type { Chunk, ChunkWriter, ReplaySession, SourceReader, TablePlan } from "./connector.ts";

/** Of the rows that were read and of those that arrived. */
export interface Digests {
  readonly source: Digest;
  readonly destination: Digest;
}

/** A chunk that is compared: where its rows come from, and where they are. */
export interface ChunkEnds {
  readonly reader: SourceReader;
  readonly writer: ChunkWriter;
}

/**
 * Takes both digests of a chunk at the same time, each on its own server: the source's under the copy's snapshot, the
 * destination's of what the open transaction wrote. Rows that were `setAside` are taken out of the source's. Resolves to the
 * digest that both have; else throws what `explain` makes of the two.
 */
export async function verifyChunk(
  { reader, writer }: ChunkEnds,
  plan: TablePlan,
  chunk: Chunk,
  setAside: readonly Digest[],
  explain: (digests: Digests) => Promise<AppError>,
): Promise<Digest> {
  const [sourceResult, destinationResult] = await Promise.allSettled([
    reader.digest(plan, chunk, setAside),
    writer.digest(),
  ]);
  // Both have ended before either's failure is told, so nothing is still running when the caller rolls back.
  if (sourceResult.status === "rejected") throw sourceResult.reason;
  if (destinationResult.status === "rejected") throw destinationResult.reason;
  const digests = { source: sourceResult.value, destination: destinationResult.value };
  if (!digestsEqual(digests.source, digests.destination)) throw await explain(digests);
  return digests.destination;
}

/**
 * That the rows of a replay stand in their table as they were held; null where that was not shown of rows which an earlier
 * replay has brought. Throws `DIGEST_MISMATCH`.
 */
export async function verifyReplay(
  session: ReplaySession,
  plan: TablePlan,
  known: readonly string[],
  onLog: (message: string) => void,
): Promise<Digest | null> {
  const digests = await session.digests(known);
  if (digests === null) return null;
  const { held, stored } = digests;
  if (digestsEqual(held, stored)) return stored;
  onLog(`Digests differ: held rows ${formatDigest(held)}, destination ${formatDigest(stored)}`);
  throw digestMismatch(plan, `${held.rowCount} rows held, ${stored.rowCount} at the destination`);
}

/** `found` says what differs: counts, and neither keys nor values. */
export const digestMismatch = (
  { sourceTable }: Pick<TablePlan, "sourceTable">,
  found: string,
  cause?: unknown,
): AppError =>
  new AppError("DIGEST_MISMATCH", {
    params: { table: formatTableName(sourceTable), found, side: "destination" },
    cause,
  });

/** What the run is asked to compare. */
export const verificationOf = ({ policies = DEFAULT_POLICIES }: Pick<RunRequest, "policies">): VerificationMode =>
  policies.verification;

/** What the run compares: row counts where the two ends share no way to take a digest. */
export function heldVerification(request: Pick<RunRequest, "policies">, plan: TablePlan): VerificationMode {
  const asked = verificationOf(request);
  return asked === "full" && plan.digestMethod === null ? "count" : asked;
}

/** That all rows arrived which were read and not set aside, whatever they hold. Throws `COUNT_MISMATCH`. */
export function assertCounts(plan: TablePlan, sent: number, arrived: number): void {
  if (sent === arrived) return;
  const table = formatTableName(plan.sourceTable);
  throw new AppError("COUNT_MISMATCH", { params: { sent, arrived, table, side: "destination" } });
}
