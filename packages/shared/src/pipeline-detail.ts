import { z } from "zod";
import { Id } from "./ids.ts";
import { Pipeline } from "./pipeline.ts";
import { Run } from "./run.ts";
import { WaitingSchema } from "./schema-change.ts";

/** How many runs a pipeline shows by itself. */
export const RECENT_RUNS = 10;

/** A pipeline together with its last ten runs, newest first. */
export const PipelineDetail = z.strictObject({
  ...Pipeline.shape,
  runs: z.array(Run).max(RECENT_RUNS),
  /** What has changed since it was agreed and waits for somebody to accept it; null: nothing. */
  waitingSchema: WaitingSchema.nullable(),
});
export type PipelineDetail = z.infer<typeof PipelineDetail>;

/** What goes with a pipeline when it is deleted. */
export const DeletionPreview = z.strictObject({
  runCount: z.int().nonnegative(),
  lineCount: z.int().nonnegative(),
});
export type DeletionPreview = z.infer<typeof DeletionPreview>;

/** What `pipelines.onChange` yields: which pipeline changed, or null when any may have and all should be read again. */
export const PipelineChange = z.strictObject({ pipelineId: Id.nullable() });
export type PipelineChange = z.infer<typeof PipelineChange>;

/** Both are checked by the procedure itself, which answers `SCHEDULE_INVALID` with the reason. */
export const SchedulePreviewInput = z.strictObject({ schedule: z.string(), timezone: z.string().default("UTC") });
export type SchedulePreviewInput = z.infer<typeof SchedulePreviewInput>;

/** A schedule in words, and its next five fires. */
export const SchedulePreview = z.strictObject({
  sentence: z.string(),
  timezone: z.string(),
  fires: z
    .array(
      z.strictObject({
        /** The instant, in UTC. */
        at: z.iso.datetime(),
        /** The same instant on a clock in the zone, with its offset, for example `2026-03-29T03:00:00+02:00`. */
        local: z.iso.datetime({ offset: true }),
      }),
    )
    .max(5),
});
export type SchedulePreview = z.infer<typeof SchedulePreview>;
