import {
  AppError,
  describeKeys,
  type Digest,
  digestsEqual,
  formatDigest,
  formatTableName,
  type Verification,
} from "@millrace/shared";
import { atBoth, findDifferences } from "./compare-keys.ts";
import { beginComparison, type Comparison, type CompareRequest } from "./comparison.ts";
import type { TablePlan } from "./connector.ts";
import { failpoint } from "./failpoints.ts";
import type { KeyedEnds } from "./keyed.ts";
import { assertDistinct, beginSource } from "./plan.ts";
import { ProgressMeter } from "./progress.ts";

/**
 * Compares what stands at both ends now, each under one snapshot, by the hashes that a run would compare. Where the digests
 * differ, the key space is cut into ranges until the keys are found. Changes nothing. A difference is a result and no error;
 * throws what `beginComparison` throws, `KEY_NULL` and `RUN_CANCELLED`.
 */
export async function verifyTable(request: CompareRequest): Promise<Verification> {
  const meter = new ProgressMeter(request.onProgress);
  assertDistinct(request);
  meter.enter("plan");
  const session = await beginSource(request);
  try {
    await failpoint("after-source-begin");
    const comparison = await beginComparison(request, session);
    const destination = await comparison.openDestination();
    try {
      meter.enter("verify", comparison.plan.estimatedRows);
      return await compare(request, comparison, { source: comparison.source, destination }, meter);
    } finally {
      await destination.close();
    }
  } finally {
    await session.close();
  }
}

async function compare(
  { onLog }: CompareRequest,
  comparison: Comparison,
  ends: KeyedEnds,
  meter: ProgressMeter,
): Promise<Verification> {
  const [source, destination] = await atBoth(ends, (reader) => reader.digest());
  meter.tally().advance(source.rowCount, 0);
  meter.finishStage();
  const counted = { ...countedOf(source, destination, comparison.key), chunk: null };
  if (digestsEqual(source, destination)) {
    onLog("info", `Verified: both ends have the digest ${formatDigest(source)}`);
    return { ...counted, isEqual: true, differenceCount: 0, differences: [], isComplete: true };
  }
  onLog("warn", `Digests differ: source ${formatDigest(source)}, destination ${formatDigest(destination)}`);
  return listDifferences(comparison, ends, counted, onLog);
}

/** What a verification knows before it looks at keys. */
type Counted = ReturnType<typeof countedOf> & Pick<Verification, "chunk">;

export const countedOf = (source: Digest, destination: Digest, key: readonly string[]) => ({
  sourceRows: source.rowCount,
  destinationRows: destination.rowCount,
  sourceDigest: source,
  destinationDigest: destination,
  keyColumns: [...key],
});

/** Goes on from digests that differ to the keys that do, where there is a key. Throws `KEY_NULL`. */
export async function listDifferences(
  comparison: Pick<Comparison, "plan" | "key" | "mayKeyBeNull">,
  ends: KeyedEnds,
  counted: Counted,
  onLog: CompareRequest["onLog"],
): Promise<Verification> {
  const { plan, key, mayKeyBeNull } = comparison;
  if (key.length === 0) {
    onLog("warn", "The table has no key that tells its rows apart, so only counts and digests were compared");
    return { ...counted, isEqual: false, differenceCount: null, differences: [], isComplete: false };
  }
  if (mayKeyBeNull) await assertKeysComplete(plan, key, ends);
  const { count, differences } = await findDifferences(
    ends,
    counted,
    plan.columns.map(({ name }) => name),
  );
  const isComplete = differences.length === count;
  onLog("warn", `${describeKeys(count)}${isComplete ? "" : `, of which the first ${differences.length} are listed`}`);
  return { ...counted, isEqual: false, differenceCount: count, differences: [...differences], isComplete };
}

async function assertKeysComplete(plan: TablePlan, key: readonly string[], ends: KeyedEnds): Promise<void> {
  const [source, destination] = await atBoth(ends, (reader) => reader.countIncompleteKeys());
  if (source + destination === 0) return;
  const [side, table] =
    source > 0 ? (["source", plan.sourceTable] as const) : (["destination", plan.destinationTable] as const);
  throw new AppError("KEY_NULL", {
    params: { count: source > 0 ? source : destination, table: formatTableName(table), key: key.join(", "), side },
  });
}
