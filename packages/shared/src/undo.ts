import { z } from "zod";
import { Id } from "./ids.ts";

/** Why a run cannot be undone, to complete "The run cannot be undone: …". */
export const UNDO_REASONS = {
  not_replaced: "only a run that succeeded and replaced a table can be",
  nothing_kept: "the table that it replaced is not kept",
  expired: "the time for which the table that it replaced was kept is over",
  later_run: "a later run of the pipeline has published, or it was undone before",
  table_changed: "the table there is not the one that the run has made",
  structure_changed: "somebody has since changed the table's columns, keys, indexes or privileges",
  rows_changed: "somebody has since written to the table",
  in_use: "other objects have come to depend on the table",
} as const satisfies Record<string, string>;

export const UndoReason = z.enum(Object.keys(UNDO_REASONS) as [keyof typeof UNDO_REASONS]);
export type UndoReason = z.infer<typeof UndoReason>;

/** What undoing a run would do, as far as that can be told without reading the table: whether its rows are still those of the run is seen last. */
export const UndoPreview = z.strictObject({
  runId: Id,
  /** The table that would be swapped back. */
  table: z.string(),
  /** Null where nothing speaks against it so far. */
  reason: UndoReason.nullable(),
  /** How many rows the kept table has; they come back. Null where none is kept. */
  keptRows: z.number().nullable(),
  /** How many rows the run has brought; they go. Null where none is kept. */
  currentRows: z.number().nullable(),
  keptUntil: z.iso.datetime().nullable(),
});
export type UndoPreview = z.infer<typeof UndoPreview>;
