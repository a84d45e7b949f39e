import {
  AppError,
  counted,
  DEFAULT_POLICIES,
  describeFound,
  type KeyDifference,
  type RepairCounts,
} from "@millrace/shared";
import { comparePrints } from "./compare-prints.ts";
import { beginComparison, type Comparison, type CompareRequest } from "./comparison.ts";
import { failpoint } from "./failpoints.ts";
import type { RepairSession } from "./keyed.ts";
import { assertDistinct, beginSource } from "./plan.ts";
import { ProgressMeter } from "./progress.ts";
import { digestMismatch } from "./verify.ts";

export interface RepairRequest extends CompareRequest {
  /** What a verification has listed. The keys are looked at anew, so rows that were mended meanwhile stay as they are. */
  readonly differences: readonly KeyDifference[];
  /** The columns that the keys are of, as the verification named them. */
  readonly keyColumns: readonly string[];
  /** Whether rows go that only the destination has. */
  readonly deletesUnexpected: boolean;
}

/**
 * Copies the rows with these keys from a snapshot of the source, in one transaction, under the pipeline's fence where there is
 * an identity, and commits once these keys have equal rows at both ends. Throws `DIGEST_MISMATCH` where they do not, and
 * `UNSUPPORTED` for a history, whose versions tell what was when; nothing is changed then.
 */
export async function repairTable(request: RepairRequest): Promise<RepairCounts> {
  const meter = new ProgressMeter(request.onProgress);
  assertDistinct(request);
  assertMendable(request);
  meter.enter("plan");
  const session = await beginSource(request);
  try {
    const policies = { ...(request.policies ?? DEFAULT_POLICIES), key: [...request.keyColumns] };
    const comparison = await beginComparison({ ...request, policies }, session);
    const repair = await comparison.beginRepair(request.identity);
    try {
      return await mend(request, comparison, repair, meter);
    } finally {
      await repair.close();
    }
  } finally {
    await session.close();
  }
}

function assertMendable({ writeMode }: RepairRequest): void {
  if (writeMode !== "history") return;
  throw new AppError("UNSUPPORTED", {
    params: { what: "Repairing rows of the write mode history", instead: "Run the pipeline, which adds new versions." },
  });
}

async function mend(
  { differences, deletesUnexpected, onLog }: RepairRequest,
  { plan, source: reader }: Comparison,
  repair: RepairSession,
  meter: ProgressMeter,
): Promise<RepairCounts> {
  const keys = differences.map(({ key }) => key);
  meter.enter("copy", keys.length);
  const read = reader.read(keys);
  let sourceError: unknown;
  read.stream.once("error", (error) => (sourceError ??= error));
  try {
    await repair.load(read.stream);
  } catch (error) {
    throw error === sourceError ? read.toError(error) : error;
  }
  meter.tally().advance(read.rowCount(), read.byteCount());
  const counts = await repair.apply(keys, deletesUnexpected);
  meter.finishStage();

  meter.enter("verify");
  const source = await reader.printKeys(keys);
  const mended = await repair.printKeys(keys);
  const differing = comparePrints(source, mended);
  const wanted = new Set(source.map(({ name }) => name));
  const differenceCount = differing.filter(({ name }) => wanted.has(name)).length;
  if (differenceCount > 0) {
    const rows = { sourceRows: source.length, destinationRows: mended.length };
    throw digestMismatch(plan, describeFound({ differenceCount, ...rows }));
  }
  meter.enter("publish");
  await failpoint("before-publish-commit");
  await repair.commit();
  await failpoint("after-publish-commit");
  meter.finishStage();
  const { inserted, updated, deleted, left } = counts;
  onLog(
    "info",
    `${counted(inserted, "row")} inserted, ${updated} updated, ${deleted} deleted; ${counted(keys.length, "key")} looked at`,
  );
  if (left > 0) onLog("warn", `${left} rows that only the destination has were left`);
  return counts;
}
