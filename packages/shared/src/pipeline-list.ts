import { z } from "zod";
import { ConnectionType } from "./data-source.ts";
import { Id } from "./ids.ts";
import { MAX_PAGE_SIZE, PageInput } from "./page.ts";
import { RECENT_RUNS } from "./pipeline-detail.ts";
import { Pipeline, PipelineMode, PipelineStatus } from "./pipeline.ts";
import { VerificationMode } from "./pipeline-policies.ts";
import { RunStatus } from "./run.ts";

/** How many pipelines one call can act on. */
export const MAX_BULK_SIZE = MAX_PAGE_SIZE;

/** `status` sorts what needs attention first: failed, running, active, inactive. */
export const PipelineSort = z.enum(["created", "name", "status", "lastRun", "nextRun"]);
export type PipelineSort = z.infer<typeof PipelineSort>;

export const SortOrder = z.enum(["asc", "desc"]);
export type SortOrder = z.infer<typeof SortOrder>;

/** PostgreSQL's text holds any character but this one. */
const noNul = /^[^\0]*$/;

const filters = {
  mode: PipelineMode.optional(),
  sourceId: Id.optional(),
  destinationId: Id.optional(),
  /** Part of a name or a description, whatever its case. */
  search: z.string().trim().max(200).regex(noNul, "holds a character that no text has").optional(),
};

/**
 * Without an order by what was created last. What has no value in the sorted column comes last in either order. A cursor belongs
 * to the order that it was given for.
 */
export const ListPipelinesInput = z.strictObject({
  limit: PageInput.shape.limit,
  // It carries the value that the page ended with, such as a name of 255 characters.
  cursor: z.string().max(3000).optional(),
  sort: PipelineSort.default("created"),
  order: SortOrder.default("desc"),
  status: PipelineStatus.optional(),
  ...filters,
  /** Only these, as far as the other filters let them through. */
  ids: z.array(Id).min(1).max(MAX_PAGE_SIZE).optional(),
});
export type ListPipelinesInput = z.infer<typeof ListPipelinesInput>;

export const CountPipelinesInput = z.strictObject(filters);
export type CountPipelinesInput = z.infer<typeof CountPipelinesInput>;

/** How many pipelines there are in each state. */
export const PipelineCounts = z.strictObject({
  inactive: z.int().nonnegative(),
  active: z.int().nonnegative(),
  running: z.int().nonnegative(),
  failed: z.int().nonnegative(),
});
export type PipelineCounts = z.infer<typeof PipelineCounts>;

/** One end of a pipeline by the name of its data source. */
export const PipelineEnd = z.strictObject({ name: z.string(), connectionType: ConnectionType });
export type PipelineEnd = z.infer<typeof PipelineEnd>;

/** A run as a list of pipelines shows it. */
export const RunSummary = z.strictObject({
  id: Id,
  status: RunStatus,
  startTime: z.iso.datetime().nullable(),
  endTime: z.iso.datetime().nullable(),
  /** Rows so far while it runs. */
  recordsProcessed: z.int().nonnegative(),
  /** Null where no digests were compared or the run has no result yet. */
  isVerified: z.boolean().nullable(),
  /** What was compared, and was equal; null where the run has no result yet. */
  verification: VerificationMode.nullable(),
});
export type RunSummary = z.infer<typeof RunSummary>;

/** A pipeline in a list, without its mapping, which may be long. */
export const ListedPipeline = Pipeline.omit({ mapping: true });
export type ListedPipeline = z.infer<typeof ListedPipeline>;

/** A pipeline in a list. */
export const PipelineSummary = z.strictObject({
  ...ListedPipeline.shape,
  /** Null where it is not set, and for roles that may not see data sources. */
  source: PipelineEnd.nullable(),
  destination: PipelineEnd.nullable(),
  lastRun: RunSummary.nullable(),
  /** How the last ten runs stand, newest first. */
  recentRuns: z.array(RunStatus).max(RECENT_RUNS),
});
export type PipelineSummary = z.infer<typeof PipelineSummary>;

const ids = z.array(Id).min(1).max(MAX_BULK_SIZE);

export const BulkInput = z.strictObject({ ids });
export type BulkInput = z.infer<typeof BulkInput>;

export const BulkSwitchInput = z.strictObject({ ids, status: z.enum(["active", "inactive"]) });
export type BulkSwitchInput = z.infer<typeof BulkSwitchInput>;

/** What became of one id of many: `error` is null where it went well, else in the words of the error table. */
export const BulkOutcome = z.strictObject({
  id: Id,
  error: z.strictObject({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
});
export type BulkOutcome = z.infer<typeof BulkOutcome>;
