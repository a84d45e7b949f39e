import { z } from "zod";
import { Digest } from "./digest.ts";
import { Id } from "./ids.ts";
import { PageInput } from "./page.ts";

/** `pending -> running -> success | failed | cancelled`; a run that lost its worker goes back to `pending`. */
export const RunStatus = z.enum(["pending", "running", "success", "failed", "cancelled"]);
export type RunStatus = z.infer<typeof RunStatus>;

export const isRunActive = (status: RunStatus): boolean => status === "pending" || status === "running";

/** What started a run. */
export const RunTrigger = z.enum(["manual", "api", "schedule", "retry", "sample"]);
export type RunTrigger = z.infer<typeof RunTrigger>;

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

/** What a finished run can show. `isVerified` is null where verification was off. */
export const RunProof = z.strictObject({
  isVerified: z.boolean().nullable(),
  sourceDigest: Digest.nullable(),
  destinationDigest: Digest.nullable(),
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
  triggeredBy: z.string().nullable(),
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
  proof: RunProof.nullable(),
  createdAt: z.iso.datetime(),
});
export type Run = z.infer<typeof Run>;

export const LogLevel = z.enum(["debug", "info", "warn", "error"]);
export type LogLevel = z.infer<typeof LogLevel>;

/** A line of a run's log. `seq` starts at 1 and has no gaps within a run, whatever number of attempts it took. */
export const LogLine = z.strictObject({
  seq: z.int().positive(),
  at: z.iso.datetime(),
  level: LogLevel,
  message: z.string(),
});
export type LogLine = z.infer<typeof LogLine>;

export const ListRunsInput = z.strictObject({
  ...PageInput.shape,
  pipelineId: Id.optional(),
  status: RunStatus.optional(),
});
export type ListRunsInput = z.infer<typeof ListRunsInput>;

/** Lines after `afterSeq`, ascending. */
export const RunLogInput = z.strictObject({
  id: Id,
  afterSeq: z.int().nonnegative().default(0),
  limit: z.int().min(1).max(1000).default(500),
});
export type RunLogInput = z.infer<typeof RunLogInput>;

/** What `runs.onProgress` yields: the run as it stands and the lines since the event before. Its id is the last line's `seq`. */
export const RunEvent = z.strictObject({ run: Run, lines: z.array(LogLine) });
export type RunEvent = z.infer<typeof RunEvent>;

/** A pipeline together with its last ten runs, newest first. */
export const TriggerResult = z.strictObject({ runId: Id, status: RunStatus });
export type TriggerResult = z.infer<typeof TriggerResult>;
