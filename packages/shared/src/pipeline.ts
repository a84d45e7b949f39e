import { z } from "zod";
import { Id } from "./ids.ts";
import { Mapping, MaskKey, PLAIN_MAPPING } from "./mapping.ts";
import { BackfillWindow, PipelinePolicies } from "./pipeline-policies.ts";
import { Schedule, Timezone } from "./schedule.ts";
import { TableNameText } from "./table-name.ts";

export const PipelineMode = z.enum(["batch", "realtime"]);
export type PipelineMode = z.infer<typeof PipelineMode>;

/**
 * `replace` stages the whole table and swaps it in; `append` adds the rows to what is there; `merge` inserts the rows whose key
 * is new and updates those that differ; `history` keeps each version of a row with the time for which it held (SCD2).
 */
export const WriteMode = z.enum(["replace", "append", "merge", "history"]);
export type WriteMode = z.infer<typeof WriteMode>;

/**
 * `inactive`: only started by hand. `active`: its schedule is on. `running`: a run is under way. `failed`: its last run
 * failed; a schedule that is on stays on, which `isEnabled` tells.
 */
export const PipelineStatus = z.enum(["inactive", "active", "running", "failed"]);
export type PipelineStatus = z.infer<typeof PipelineStatus>;

/** Servers have connections for others too: PostgreSQL takes 100 of them unless somebody has set more. */
export const MAX_PARALLELISM = 16;

/** How a pipeline's runs use its ends: `limits` of the pipeline. What is left out has its default. */
export const PipelineLimits = z.strictObject({
  /** How many chunks of a table are copied at once, each over a session of its own at either end. */
  parallelism: z.int().min(1).max(MAX_PARALLELISM).default(2),
  /** About what a chunk takes at the source; the engine's own measure where left out. */
  chunkBytes: z
    .int()
    .min(64 * 1024)
    .max(16 * 1024 ** 3)
    .optional(),
});
export type PipelineLimits = z.infer<typeof PipelineLimits>;

export const DEFAULT_LIMITS: PipelineLimits = PipelineLimits.parse({});

export const PipelineName = z.string().trim().min(1, "is required").max(255);

const fields = {
  name: PipelineName,
  description: z.string().max(2000),
  sourceId: Id.nullable(),
  sourceTable: TableNameText.nullable(),
  destinationId: Id.nullable(),
  destinationTable: TableNameText.nullable(),
  mode: PipelineMode,
  writeMode: WriteMode,
  schedule: Schedule.nullable(),
  timezone: Timezone,
  /** Only these two are anybody's to set; the other states are a run's. */
  status: z.enum(["active", "inactive"]),
  policies: PipelinePolicies,
  limits: PipelineLimits,
  /** Which columns and rows arrive, and as what. Custom SQL in it is an admin's to set. */
  mapping: Mapping,
  /** Written, never read back. Where a mapping masks by HMAC and none is given, the pipeline gets one of its own. */
  maskKey: MaskKey.nullable(),
};

export const CreatePipelineInput = z.strictObject({
  name: fields.name,
  description: fields.description.default(""),
  sourceId: fields.sourceId.default(null),
  sourceTable: fields.sourceTable.default(null),
  destinationId: fields.destinationId.default(null),
  destinationTable: fields.destinationTable.default(null),
  mode: fields.mode.default("batch"),
  writeMode: fields.writeMode.default("replace"),
  schedule: fields.schedule.default(null),
  timezone: fields.timezone.default("UTC"),
  status: fields.status.default("inactive"),
  policies: fields.policies.prefault({}),
  limits: fields.limits.prefault({}),
  mapping: fields.mapping.default(PLAIN_MAPPING),
  maskKey: fields.maskKey.default(null),
});
export type CreatePipelineInput = z.infer<typeof CreatePipelineInput>;

/** What is left out stays as it is; a mapping is one value, and a mask key that is null is removed. */
export const UpdatePipelineInput = z.strictObject({ id: Id, ...z.strictObject(fields).partial().shape });
export type UpdatePipelineInput = z.infer<typeof UpdatePipelineInput>;

/** Reads once more what an incremental pipeline has read: a window of its cursor, or all of it. */
export const BackfillPipelineInput = z.strictObject({ id: Id, ...BackfillWindow.shape });
export type BackfillPipelineInput = z.infer<typeof BackfillPipelineInput>;

/** How far an incremental pipeline has read, as its destination remembers it. Values of rows, as in `RunCursor`. */
export const PipelinePosition = z.strictObject({
  column: z.string(),
  /** As the source spells it. */
  value: z.string(),
  /** When a run of the pipeline last published there. */
  at: z.iso.datetime(),
});
export type PipelinePosition = z.infer<typeof PipelinePosition>;

export const Pipeline = z.strictObject({
  id: Id,
  name: z.string(),
  description: z.string(),
  sourceId: Id.nullable(),
  sourceTable: z.string().nullable(),
  destinationId: Id.nullable(),
  destinationTable: z.string().nullable(),
  mode: PipelineMode,
  writeMode: WriteMode,
  schedule: z.string().nullable(),
  timezone: z.string(),
  status: PipelineStatus,
  isEnabled: z.boolean(),
  policies: PipelinePolicies,
  limits: PipelineLimits,
  mapping: Mapping,
  /** Whether a mask key is stored; the key itself has no way out. */
  hasMaskKey: z.boolean(),
  createdBy: z.string(),
  organizationId: Id,
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  lastRunAt: z.iso.datetime().nullable(),
  nextRunAt: z.iso.datetime().nullable(),
});
export type Pipeline = z.infer<typeof Pipeline>;
