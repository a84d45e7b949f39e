import { z } from "zod";
import { PlanRefusal } from "./pipeline-plan.ts";
import { RowChanges } from "./run.ts";

/** How many rows of each kind are shown. */
export const MAX_CHANGED_ROWS = 20;

/** A row that a run would insert, update or delete. Its values are those that would arrive: what is masked is masked here. */
export const ChangedRow = z.strictObject({
  /** As it stands at the destination; null where it does not. Long texts are cut. */
  before: z.array(z.string().nullable()).nullable(),
  /** As it would arrive; null for one that goes. */
  after: z.array(z.string().nullable()).nullable(),
  /** Of an updated row, the columns whose values differ; none where only its mark of deletion goes. */
  changed: z.array(z.string()),
});
export type ChangedRow = z.infer<typeof ChangedRow>;

/** What a run would do to the rows that stand at the destination now. Reads both ends and changes nothing. */
export const PlanChanges = z.strictObject({
  /**
   * What a run would count, unless either end changes before; of a table that is replaced, by its key. Null where nothing tells
   * rows apart. Where `isComplete` is false, at least these were found before time was up, and `unchanged` is not known.
   */
  counts: RowChanges.nullable(),
  isComplete: z.boolean(),
  /**
   * Whether rows that the destination refuses would be set aside rather than written, so that a run may insert and update fewer: what
   * it refuses is not known before it is asked to take them.
   */
  isUpperBound: z.boolean(),
  /** How many rows earlier runs of the pipeline have set aside that are still held. */
  heldRows: z.int().nonnegative(),
  /** How many rows a run would read; null where time was up before. */
  sourceRows: z.number().nullable(),
  /** How many rows count as there now; null where time was up before. */
  destinationRows: z.number().nullable(),
  keyColumns: z.array(z.string()),
  /** What the values of rows are of, in their order. */
  columns: z.array(z.string()),
  /** The first rows of each kind, in the order of the key. */
  inserted: z.array(ChangedRow).max(MAX_CHANGED_ROWS),
  updated: z.array(ChangedRow).max(MAX_CHANGED_ROWS),
  deleted: z.array(ChangedRow).max(MAX_CHANGED_ROWS),
  /** Why a run would be refused all the same, such as for deleting too many rows; else null. */
  refusal: PlanRefusal.nullable(),
});
export type PlanChanges = z.infer<typeof PlanChanges>;
