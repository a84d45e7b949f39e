import { z } from "zod";

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

/** What a comparison of both ends as they stand has found. */
export const Verification = z.strictObject({
  isEqual: z.boolean(),
  sourceRows: z.int().nonnegative(),
  destinationRows: z.int().nonnegative(),
  /** Empty where nothing tells rows apart: then only counts and digests were compared. */
  keyColumns: z.array(z.string()),
  /** How many keys differ, listed or not; null where there is no key to count by. */
  differenceCount: z.int().nonnegative().nullable(),
  differences: z.array(KeyDifference).max(MAX_LISTED_DIFFERENCES),
  /** Whether `differences` has all of them. */
  isComplete: z.boolean(),
});
export type Verification = z.infer<typeof Verification>;

/** What a repair did to the destination's rows. */
export const RepairCounts = z.strictObject({
  inserted: z.int().nonnegative(),
  updated: z.int().nonnegative(),
  deleted: z.int().nonnegative(),
  /** Rows that only the destination has and that nobody asked to delete. */
  left: z.int().nonnegative(),
});
export type RepairCounts = z.infer<typeof RepairCounts>;
