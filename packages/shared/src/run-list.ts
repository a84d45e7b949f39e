import { z } from "zod";
import { Id } from "./ids.ts";
import { PageInput } from "./page.ts";
import { Run, RunStatus, RunTrigger } from "./run.ts";

const filters = {
  pipelineId: Id.optional(),
  trigger: RunTrigger.optional(),
  /** Runs that were asked for at this moment or later. */
  since: z.iso.datetime().optional(),
  /** Runs that were asked for before this moment. */
  until: z.iso.datetime().optional(),
};

export const ListRunsInput = z.strictObject({
  ...PageInput.shape,
  ...filters,
  /** One state or several. */
  status: z.union([RunStatus, z.array(RunStatus).min(1).max(RunStatus.options.length)]).optional(),
  /** False leaves `log` empty: the tail of a log is up to 64 KB, and a list of runs shows none. */
  withLog: z.boolean().default(true),
});
export type ListRunsInput = z.infer<typeof ListRunsInput>;

/** A run in a list of them. */
export const RunListItem = z.strictObject({ ...Run.shape, pipelineName: z.string() });
export type RunListItem = z.infer<typeof RunListItem>;

export const CountRunsInput = z.strictObject(filters);
export type CountRunsInput = z.infer<typeof CountRunsInput>;

/** How many runs are in each state. */
export const RunCounts = z.record(RunStatus, z.int().nonnegative());
export type RunCounts = z.infer<typeof RunCounts>;

/** What `runs.onChange` yields: the runs that changed, or null when any may have and all should be read again. */
export const RunsChange = z.strictObject({ runIds: z.array(Id).nullable() });
export type RunsChange = z.infer<typeof RunsChange>;
