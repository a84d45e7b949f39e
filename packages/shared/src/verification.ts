import { z } from "zod";
import { counted } from "./counted.ts";
import { Digest } from "./digest.ts";
import { Id } from "./ids.ts";

/**
 * How rows with one key differ. `missing`: the destination has fewer of them than the source; `unexpected`: it has more;
 * `different`: it has as many, with other values.
 */
export const DifferenceKind = z.enum(["missing", "unexpected", "different"]);
export type DifferenceKind = z.infer<typeof DifferenceKind>;

/** A key that differs between the two ends. Of other columns it has names and never values. */
export const KeyDifference = z.strictObject({
  /** The values of the key's columns as text, in the order of `keyColumns`. */
  key: z.array(z.string()),
  kind: DifferenceKind,
  /** The columns that differ; empty unless `kind` is `different`. */
  columns: z.array(z.string()),
});
export type KeyDifference = z.infer<typeof KeyDifference>;

/** So many keys are listed; those beyond are counted. */
export const MAX_LISTED_DIFFERENCES = 1_000;

/** What a comparison has found: of both ends as they stand, or of what a load has brought with what it has read. */
export const Verification = z.strictObject({
  isEqual: z.boolean(),
  sourceRows: z.int().nonnegative(),
  destinationRows: z.int().nonnegative(),
  sourceDigest: Digest,
  destinationDigest: Digest,
  /** Empty where nothing tells rows apart: then only counts and digests were compared. */
  keyColumns: z.array(z.string()),
  /** How many keys differ, listed or not; null where there is no key to count by. */
  differenceCount: z.int().nonnegative().nullable(),
  differences: z.array(KeyDifference).max(MAX_LISTED_DIFFERENCES),
  /** Whether `differences` has all of them. */
  isComplete: z.boolean(),
  /**
   * Of a load in several chunks: the one whose digests differ, from 1, and how many there are. All else here is about that
   * chunk's rows: the load ended with it, and the others may differ as well. Null where all rows were compared.
   */
  chunk: z.strictObject({ number: z.int().positive(), count: z.int().positive() }).nullable().default(null),
});
export type Verification = z.infer<typeof Verification>;

/** What differs in one phrase. Counts only: keys are values. */
export function describeFound({
  differenceCount,
  sourceRows,
  destinationRows,
}: Pick<Verification, "differenceCount" | "sourceRows" | "destinationRows">): string {
  if (differenceCount !== null) return describeKeys(differenceCount);
  return `${describeRows({ sourceRows, destinationRows })}, and no key to name the rows by`;
}

export const describeKeys = (count: number): string => `${counted(count, "key")} ${count === 1 ? "differs" : "differ"}`;

/** At which end there are more rows. */
export const describeRows = ({
  sourceRows,
  destinationRows,
}: Pick<Verification, "sourceRows" | "destinationRows">): string =>
  `${counted(sourceRows, "row")} at the source, ${destinationRows} at the destination`;

/** What a repair did to the destination's rows. */
export const RepairCounts = z.strictObject({
  inserted: z.int().nonnegative(),
  updated: z.int().nonnegative(),
  deleted: z.int().nonnegative(),
  /** Rows that only the destination has and that nobody asked to delete. */
  left: z.int().nonnegative(),
});
export type RepairCounts = z.infer<typeof RepairCounts>;

/** Mends the rows that a verification of the pipeline has listed, and no others. */
export const RepairPipelineInput = z.strictObject({
  id: Id,
  /** The run that has listed them, whose trigger was `verify`. Left out: the last one that has compared. */
  runId: Id.optional(),
  /** Whether rows go that only the destination has; else they are left. */
  deletesUnexpected: z.boolean().default(false),
});
export type RepairPipelineInput = z.infer<typeof RepairPipelineInput>;

/** What a run with the trigger `repair` was asked for. */
export const RepairTask = z.strictObject({ ...RepairPipelineInput.omit({ id: true }).shape, runId: Id });
export type RepairTask = z.infer<typeof RepairTask>;

/** What a verification has found, less the keys. */
export const VerificationSummary = Verification.omit({ differences: true });
export type VerificationSummary = z.infer<typeof VerificationSummary>;

/** A key that differs, as far as the reader may see it. */
export const ShownDifference = z.strictObject({
  ...KeyDifference.shape,
  /** Null for those who may see no rows: keys are values of rows. */
  key: KeyDifference.shape.key.nullable(),
});
export type ShownDifference = z.infer<typeof ShownDifference>;

/**
 * What a run with the trigger `verify` or `repair` has found and done, and what a load has found that failed with
 * `DIGEST_MISMATCH`. All is empty for any other run, and until it has ended.
 */
export const RunVerification = z.strictObject({
  runId: Id,
  found: VerificationSummary.nullable(),
  /** In the order of the key. */
  differences: z.array(ShownDifference).max(MAX_LISTED_DIFFERENCES),
  /** What was asked of a repair. */
  repair: RepairTask.nullable(),
  repaired: RepairCounts.nullable(),
});
export type RunVerification = z.infer<typeof RunVerification>;
