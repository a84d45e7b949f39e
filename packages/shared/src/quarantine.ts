import { z } from "zod";
import { Id } from "./ids.ts";
import { PageInput } from "./page.ts";
import { RunStatus } from "./run.ts";

/** `held -> replayed | discarded`. A row that is refused again when it is replayed stays held, with its new reason. */
export const QuarantineState = z.enum(["held", "replayed", "discarded"]);
export type QuarantineState = z.infer<typeof QuarantineState>;

/** How much is kept of the names of the columns that a refusal speaks of: a CHECK may be about a hundred. */
export const MAX_COLUMN_NAME_LENGTH = 500;

/** A row that a run has set aside, without its values. Those are encrypted at rest, and for editors alone. */
export const QuarantinedRow = z.strictObject({
  id: Id,
  runId: Id,
  /** The destination's table. */
  table: z.string(),
  code: z.string(),
  /** The destination's own code. */
  sqlstate: z.string().nullable(),
  /** Null where the refusal speaks of no column. */
  column: z.string().nullable(),
  /** One sentence without values. */
  reason: z.string(),
  /** `id = 7`: by what the row is found at the source. Null for a table without a primary key. */
  key: z.string().nullable(),
  /** False where the row was too large to be kept, so that it can be neither looked at nor replayed. */
  hasValues: z.boolean(),
  state: QuarantineState,
  /** Whether a run that is under way has it in hand. */
  isReplaying: z.boolean(),
  /** Whether somebody has mended its values since. */
  isEdited: z.boolean(),
  createdAt: z.iso.datetime(),
  /** When it was replayed or discarded, and by whom. */
  settledAt: z.iso.datetime().nullable(),
  settledByName: z.string().nullable(),
  /** The run that has replayed it, or tried to last. */
  replayRunId: Id.nullable(),
});
export type QuarantinedRow = z.infer<typeof QuarantinedRow>;

/** One column of a row as the source's own text. `original` is what the run had read, where somebody has changed it since. */
export const QuarantinedValue = z.strictObject({
  name: z.string(),
  value: z.string().nullable(),
  original: z.string().nullable(),
});
export type QuarantinedValue = z.infer<typeof QuarantinedValue>;

export const QuarantinedRowDetail = z.strictObject({
  ...QuarantinedRow.shape,
  /** Null where the row was too large to be kept. */
  values: z.array(QuarantinedValue).nullable(),
});
export type QuarantinedRowDetail = z.infer<typeof QuarantinedRowDetail>;

const filters = {
  state: QuarantineState.optional(),
  code: z.string().max(60).optional(),
  /** As the row has it; the empty text finds the rows whose refusal speaks of no column. */
  column: z.string().max(MAX_COLUMN_NAME_LENGTH).optional(),
  /** Part of the key, whatever its case. */
  search: z.string().max(200).optional(),
};

export const QuarantineFilters = z.strictObject(filters);
export type QuarantineFilters = z.infer<typeof QuarantineFilters>;

/** The rows that a run has set aside, in the order in which it did. */
export const ListQuarantineInput = z.strictObject({ ...PageInput.shape, runId: Id, ...filters });
export type ListQuarantineInput = z.infer<typeof ListQuarantineInput>;

/** Rows by their ids, else all held ones that the filters leave. */
const selection = {
  runId: Id,
  ids: z.array(Id).min(1).max(1000).optional(),
  code: filters.code,
  column: filters.column,
  search: filters.search,
};

export const DiscardQuarantineInput = z.strictObject(selection);
export type DiscardQuarantineInput = z.infer<typeof DiscardQuarantineInput>;

export const ReplayQuarantineInput = z.strictObject({
  ...selection,
  /** What takes the place of the one row's values: its columns by name, as text. Columns that are left out stay. */
  values: z.record(z.string().max(255), z.string().max(262_144).nullable()).optional(),
});
export type ReplayQuarantineInput = z.infer<typeof ReplayQuarantineInput>;

/** Why the rows of a run cannot be replayed, to complete "The rows cannot be replayed: …". */
export const REPLAY_REASONS = {
  not_succeeded: "the run did not succeed, so nothing of it stands at the destination that they would belong to",
  later_run: "a later run has read every row again; what is still refused is in its own quarantine",
  target_changed: "the pipeline writes to another table by now",
  table_changed: "the table there is not the one that the run has written to",
  columns_changed: "the pipeline writes other columns by now",
  nothing_held: "none of them is held with its values",
} as const satisfies Record<string, string>;

export const ReplayReason = z.enum(Object.keys(REPLAY_REASONS) as [keyof typeof REPLAY_REASONS]);
export type ReplayReason = z.infer<typeof ReplayReason>;

/** How many kinds of refusal a summary lists. */
export const MAX_QUARANTINE_KINDS = 200;

/** What a run has set aside, in figures. */
export const QuarantineSummary = z.strictObject({
  states: z.strictObject({ held: z.int(), replayed: z.int(), discarded: z.int() }),
  /** By code and column, the most frequent first, whatever the state; at most `MAX_QUARANTINE_KINDS`. */
  kinds: z.array(z.strictObject({ code: z.string(), column: z.string().nullable(), count: z.int(), held: z.int() })),
  /** What speaks against a replay, as far as the platform knows; null: nothing. */
  replayReason: ReplayReason.nullable(),
});
export type QuarantineSummary = z.infer<typeof QuarantineSummary>;

/** What became of held rows. */
export const DiscardedRows = z.strictObject({ count: z.int().nonnegative() });
export type DiscardedRows = z.infer<typeof DiscardedRows>;

/** The run that replays them. */
export const ReplayStarted = z.strictObject({ runId: Id, status: RunStatus, count: z.int().positive() });
export type ReplayStarted = z.infer<typeof ReplayStarted>;
