import { z } from "zod";
import { ErrorBudget } from "./error-budget.ts";
import type { WriteMode } from "./pipeline.ts";
import { SchemaChangePolicy } from "./schema-change.ts";

/** A column as the source's catalog spells it. */
const ColumnName = z.string().min(1).max(255);

/**
 * What becomes of a row of the destination whose key the source has no more. `ignore`: it stays. `soft`: its time goes into a
 * column; where the write mode is `history`, its version is closed. `hard`: it is deleted.
 */
export const DeleteMode = z.enum(["ignore", "soft", "hard"]);
export type DeleteMode = z.infer<typeof DeleteMode>;

export const DeletePolicy = z.strictObject({
  mode: DeleteMode.default("ignore"),
  /** Where `mode` is `soft`: the column of the destination that says since when the row is gone. */
  column: ColumnName.default("deleted_at"),
  /** A run that would delete a larger share of the destination's rows than this is refused before it changes anything. */
  maxPercent: z.number().min(0).max(100).default(50),
});
export type DeletePolicy = z.infer<typeof DeletePolicy>;

/** What happens to a row whose cursor is NULL: every run reads it, none does, or the run fails. */
export const NullCursorPolicy = z.enum(["include", "exclude", "fail"]);
export type NullCursorPolicy = z.infer<typeof NullCursorPolicy>;

/** Reads only what has changed since the run before, which the values of one column tell. */
export const IncrementalPolicy = z.strictObject({
  /** The column whose value grows whenever a row is inserted or changed. */
  cursor: ColumnName,
  nulls: NullCursorPolicy.default("include"),
  /** How long a run waits for transactions that were open when it looked: they may still commit earlier values. */
  barrierSeconds: z.int().min(0).max(3600).default(30),
  /**
   * How far behind its position a run begins to read, for cursors that may go backwards: seconds for times, units for numbers.
   * Null: an hour for `timestamp without time zone`, whose clock goes back once a year, else nothing.
   */
  lag: z.number().min(0).max(1_000_000_000).nullable().default(null),
});
export type IncrementalPolicy = z.infer<typeof IncrementalPolicy>;

/** Cursors as the source spells them, both ends included; null: without an end on that side. */
export const BackfillWindow = z.strictObject({
  from: z.string().min(1).max(1000).nullable().default(null),
  to: z.string().min(1).max(1000).nullable().default(null),
});
export type BackfillWindow = z.infer<typeof BackfillWindow>;
/**
 * How long the table that a `replace` run has replaced is kept, so that the run can be undone. 0, which it is unless somebody
 * asks: not at all. A kept table takes as much of the destination's disk as it did before, and that is not ours to double.
 */
export const UndoPolicy = z.strictObject({
  keepHours: z
    .int()
    .min(0)
    .max(24 * 365)
    .default(0),
});
export type UndoPolicy = z.infer<typeof UndoPolicy>;

/**
 * What a run compares before it publishes. `full`: the digests of all rows that it brought, computed by both ends. `count`: that
 * as many rows arrived as were read, and nothing of what they hold. `off`: nothing. It holds for every write mode, and for the
 * rows of the run only: what stood at the destination before is compared by a run with the trigger `verify`.
 */
export const VerificationMode = z.enum(["full", "count", "off"]);
export type VerificationMode = z.infer<typeof VerificationMode>;

/** How a pipeline's runs read and write, beyond the write mode: `policies` of the pipeline. */
export const PipelinePolicies = z.strictObject({
  /** The columns that tell rows apart, for `merge` and `history`; null: the primary key. */
  key: z.array(ColumnName).min(1).max(32).nullable().default(null),
  deletes: DeletePolicy.prefault({}),
  incremental: IncrementalPolicy.nullable().default(null),
  /**
   * For `replace`: a run whose table has lost more per cent of its rows than this is refused. Null: never, so a source without
   * rows empties the destination.
   */
  maxShrinkPercent: z.number().min(0).max(100).nullable().default(null),
  undo: UndoPolicy.prefault({}),
  verification: VerificationMode.default("full"),
  /** `ask`, unless somebody says otherwise: it is the only one under which nobody is surprised by what a run has done. */
  schemaChange: SchemaChangePolicy.default("ask"),
  /** How many rows a run may set aside that the destination refuses; empty: the first one fails the run, and nothing changes. */
  errorBudget: ErrorBudget.prefault({}),
});
export type PipelinePolicies = z.infer<typeof PipelinePolicies>;

export const DEFAULT_POLICIES: PipelinePolicies = PipelinePolicies.parse({});

/** Whether rows find their place by a key. */
export const hasKey = (writeMode: WriteMode): boolean => writeMode === "merge" || writeMode === "history";
