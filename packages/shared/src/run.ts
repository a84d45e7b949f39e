import { z } from "zod";
import { Digest } from "./digest.ts";
import { Id } from "./ids.ts";
import { VerificationMode } from "./pipeline-policies.ts";
import { LogLine } from "./run-log.ts";
import { SchemaReport } from "./schema-change.ts";

/** `pending -> running -> success | failed | cancelled`; a run that lost its worker goes back to `pending`. */
export const RunStatus = z.enum(["pending", "running", "success", "failed", "cancelled"]);
export type RunStatus = z.infer<typeof RunStatus>;

export const isRunActive = (status: RunStatus): boolean => status === "pending" || status === "running";

/** What started a run. */
export const RunTrigger = z.enum([
  "manual",
  "api",
  "schedule",
  "retry",
  "sample",
  "undo",
  "verify",
  "repair",
  "replay",
]);
export type RunTrigger = z.infer<typeof RunTrigger>;

/**
 * Triggers of runs that look at what a pipeline has loaded, or mend rows of it. They are no loads: a pipeline's state, its last
 * run and its figures do not speak of them. The database has the list as well, in `millrace.rest_pipeline`.
 */
export const COMPARISON_TRIGGERS = ["verify", "repair", "replay"] as const satisfies readonly RunTrigger[];

export const isComparison = (trigger: RunTrigger): boolean => COMPARISON_TRIGGERS.some((one) => one === trigger);

/** The stages of a run, in their order; the engine has a file for each. */
export const RunStage = z.enum(["plan", "copy", "verify", "publish"]);
export type RunStage = z.infer<typeof RunStage>;

/** How far a run is. Rates are over the copy so far. `totalRows` is the plan's estimate, null where the catalog has none. */
export const RunProgress = z.strictObject({
  stage: RunStage,
  rows: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
  rowsPerSecond: z.number().nonnegative(),
  totalRows: z.number().nullable(),
});
export type RunProgress = z.infer<typeof RunProgress>;

/** When a stage began and ended; `endedAt` is null while it is under way, and where its worker vanished in it. */
export const RunStageTime = z.strictObject({
  stage: RunStage,
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
});
export type RunStageTime = z.infer<typeof RunStageTime>;

/** A longer run keeps fewer of its samples, further apart, so that its row stays small. */
export const MAX_RUN_SAMPLES = 120;

/**
 * How far the copy was at some moments, column by column as a chart takes them: `atMs` counts from the start of the first
 * stage, `rows` and `bytes` are all so far. Rates are the differences of neighbours, and stay exact when some are left out.
 */
export const RunSamples = z.strictObject({
  atMs: z.array(z.int().nonnegative()).max(MAX_RUN_SAMPLES),
  rows: z.array(z.int().nonnegative()).max(MAX_RUN_SAMPLES),
  bytes: z.array(z.int().nonnegative()).max(MAX_RUN_SAMPLES),
});
export type RunSamples = z.infer<typeof RunSamples>;

/**
 * What a run did to the destination's rows. `unchanged` are those that arrived and were there already as they are; of
 * `duplicates`, rows that shared their key with a later one of the same run, nothing was written.
 */
export const RowChanges = z.strictObject({
  inserted: z.int().nonnegative(),
  updated: z.int().nonnegative(),
  deleted: z.int().nonnegative(),
  unchanged: z.int().nonnegative(),
  duplicates: z.int().nonnegative(),
});
export type RowChanges = z.infer<typeof RowChanges>;

/** Which cursors a run has read, both ends included. These are values of rows: whoever may see rows may see them. */
export const RunCursor = z.strictObject({
  column: z.string(),
  /** As the source spells it; null: from the beginning. */
  from: z.string().nullable(),
  /** Null: to the end, or, of a run that carries the position on, not a row had a cursor yet. */
  to: z.string().nullable(),
  /** Whether it read a window once more, and left the position where it was. */
  isBackfill: z.boolean(),
});
export type RunCursor = z.infer<typeof RunCursor>;

/** What a finished run can show. `isVerified` is true where both digests were equal, and null where none were compared. */
export const RunProof = z.strictObject({
  isVerified: z.boolean().nullable(),
  /** What was compared, and was equal; null for runs from before this was kept. */
  verification: VerificationMode.nullable().default(null),
  /** Of a replay: of the rows as they were held, with what was edited in them. */
  sourceDigest: Digest.nullable(),
  destinationDigest: Digest.nullable(),
  /** Null where rows are not told apart by a key. */
  changes: RowChanges.nullable().default(null),
  wireFormat: z.string(),
  bytes: z.int().nonnegative(),
  durationMs: z.int().nonnegative(),
});
export type RunProof = z.infer<typeof RunProof>;

/** Why a run failed, in the words of the error table. `side` says where to look. */
export const RunFailure = z.strictObject({
  code: z.string(),
  message: z.string(),
  hint: z.string(),
  side: z.enum(["source", "destination", "millrace"]),
});
export type RunFailure = z.infer<typeof RunFailure>;

export const Run = z.strictObject({
  id: Id,
  pipelineId: Id,
  status: RunStatus,
  trigger: RunTrigger,
  /** The user's id; null for a schedule. */
  triggeredBy: z.string().nullable(),
  /** The user or the API token, by the name that it had then. */
  triggeredByName: z.string().nullable(),
  /** The fire of the schedule that this run answers. */
  dueAt: z.iso.datetime().nullable(),
  /** The run that this one undoes, where its trigger is `undo`. */
  undoes: Id.nullable(),
  /** Whether it reads a window of its pipeline's cursor once more. */
  isBackfill: z.boolean(),
  /** The run whose quarantined rows this one replays, where its trigger is `replay`. */
  replays: Id.nullable(),
  /** How often a worker has taken it; 0 while it waits for the first. */
  attempt: z.int().nonnegative(),
  startTime: z.iso.datetime().nullable(),
  endTime: z.iso.datetime().nullable(),
  recordsProcessed: z.int().nonnegative(),
  recordsFailed: z.int().nonnegative(),
  /** The log as one text, at most its last 64 KB; `runs.log` pages through all of it. */
  log: z.string(),
  errorMessage: z.string().nullable(),
  failure: RunFailure.nullable(),
  progress: RunProgress.nullable(),
  /** The stages that the latest attempt has reached, in their order. */
  stages: z.array(RunStageTime),
  proof: RunProof.nullable(),
  createdAt: z.iso.datetime(),
});
export type Run = z.infer<typeof Run>;

/** Why a run waits. `no_worker`: none is up. `busy`: all that are up have as many runs as they take. */
export const RunWaitReason = z.enum(["no_worker", "busy"]);
export type RunWaitReason = z.infer<typeof RunWaitReason>;

/** A run with what only its own page shows. */
export const RunDetail = z.strictObject({
  ...Run.shape,
  pipelineName: z.string(),
  /** How many lines its log has so far. */
  lineCount: z.int().nonnegative(),
  samples: RunSamples.nullable(),
  /** The run that has undone this one. */
  undoneBy: Id.nullable(),
  /** What had changed in the table since it was agreed; null until the run has planned, and where nothing was held against. */
  schema: SchemaReport.nullable(),
  /** Null for a run that does not wait, and for one that a worker takes within seconds. */
  waitReason: RunWaitReason.nullable(),
});
export type RunDetail = z.infer<typeof RunDetail>;

/** What `runs.onProgress` yields: the run as it stands and the lines since the event before. Its id is the last line's `seq`. */
export const RunEvent = z.strictObject({ run: RunDetail, lines: z.array(LogLine) });
export type RunEvent = z.infer<typeof RunEvent>;

/** A run that was just started. */
export const TriggerResult = z.strictObject({ runId: Id, status: RunStatus });
export type TriggerResult = z.infer<typeof TriggerResult>;
