import { z } from "zod";
import { ConnectionCheck } from "./data-source.ts";
import { Id } from "./ids.ts";
import { Mapping, PLAIN_MAPPING } from "./mapping.ts";
import { CreatePipelineInput, PipelineLimits, PipelineName, WriteMode } from "./pipeline.ts";
import { PipelinePolicies, VerificationMode } from "./pipeline-policies.ts";
import { RunFailure } from "./run.ts";
import { SchemaReport } from "./schema-change.ts";
import { TableNameText } from "./table-name.ts";

/** Both ends of a pipeline and how rows are written: all that a plan depends on. */
const ends = {
  sourceId: Id,
  sourceTable: TableNameText,
  destinationId: Id,
  destinationTable: TableNameText,
};

/**
 * A pipeline that can run: what the form asks for, field by field with the rules of `CreatePipelineInput`, which takes
 * whatever this takes.
 */
export const RunnablePipelineInput = z.strictObject({ ...CreatePipelineInput.shape, ...ends });
export type RunnablePipelineInput = z.infer<typeof RunnablePipelineInput>;

/** A pipeline that need not exist yet. */
export const PlanDraft = z.strictObject({
  ...ends,
  writeMode: WriteMode.default("replace"),
  policies: PipelinePolicies.prefault({}),
  mapping: Mapping.default(PLAIN_MAPPING),
  /** In how many parts rows are copied depends on these. */
  limits: PipelineLimits.prefault({}),
  /** The pipeline that the draft would change: where it is about the same tables, it is held against what was agreed on them. */
  pipelineId: Id.optional(),
});
export type PlanDraft = z.infer<typeof PlanDraft>;

/** What is to be planned: a stored pipeline, or a draft. */
export const PlanPipelineInput = z.union([z.strictObject({ id: Id }), PlanDraft]);
export type PlanPipelineInput = z.infer<typeof PlanPipelineInput>;

/** Why a run would be refused. `column` is the column at fault; null where it is the table, an end, or all of it. */
export const PlanRefusal = z.strictObject({ ...RunFailure.shape, column: z.string().nullable() });
export type PlanRefusal = z.infer<typeof PlanRefusal>;

export const PlanColumn = z.strictObject({
  /** The source's column; null for a constant. */
  source: z.string().nullable(),
  /** The name under which it arrives. */
  name: z.string(),
  /** Null for a constant, and where the source has no such column. */
  sourceType: z.string().nullable(),
  /** The type that it gets, as the destination spells it; null where it is refused, or where the destination computes it. */
  destinationType: z.string().nullable(),
  isNullable: z.boolean(),
  isPrimaryKey: z.boolean(),
  /** Whether the values are others when they arrive: transformed by the mapping, or converted for the destination's type. */
  isCast: z.boolean(),
  refusal: PlanRefusal.nullable(),
});
export type PlanColumn = z.infer<typeof PlanColumn>;

/**
 * What a run would do now. A run that would be refused is an answer as well: `refusal` says why, `columns` show what could be
 * told of them all the same, and what only a whole plan knows is null.
 */
export const PipelinePlan = z.strictObject({
  /** In the order of arrival, those at fault included; empty where the source table could not be read. */
  columns: z.array(PlanColumn),
  /** Statements that would change the destination's structure, in order; those of a stage where the rows go through one. */
  statements: z.array(z.string()),
  /** What a user should know though it does not stop a run. */
  warnings: z.array(z.string()),
  createsTable: z.boolean().nullable(),
  wireFormat: z.string().nullable(),
  /** In how many parts the rows would be copied and committed; null where that is not known beforehand. */
  chunkCount: z.int().positive().nullable(),
  /** How both ends would fingerprint a row; null where they share no way. */
  digestMethod: z.string().nullable(),
  /** What the run would compare: what is asked for, or row counts where the ends share no digest. */
  verification: VerificationMode.nullable(),
  /** The source catalog's estimates. */
  estimatedRows: z.number().nullable(),
  estimatedBytes: z.number().nullable(),
  /** Whether the source can capture changes, so that the pipeline could be of mode `realtime`. */
  supportsRealtime: z.boolean().nullable(),
  /** What has changed in the table since it was agreed; null where that could not be told. */
  schema: SchemaReport.nullable(),
  refusal: PlanRefusal.nullable(),
});
export type PipelinePlan = z.infer<typeof PipelinePlan>;

const rowLimit = { limit: z.int().min(1).max(50).default(10) };

/** Of which pipeline or draft the first rows are shown as they would arrive. */
export const PreviewMappedRowsInput = z.union([
  z.strictObject({ id: Id, ...rowLimit }),
  z.strictObject({ ...PlanDraft.shape, ...rowLimit }),
]);
export type PreviewMappedRowsInput = z.infer<typeof PreviewMappedRowsInput>;

/** A pipeline as the form has it; with `id` one that exists, which then is not in its own way. */
export const PreflightInput = z.strictObject({
  id: Id.optional(),
  name: PipelineName,
  ...PlanDraft.shape,
  /** Any text: that it is no schedule is one of the answers. */
  schedule: z.string().max(500).nullable().default(null),
  timezone: z.string().max(100).default("UTC"),
});
export type PreflightInput = z.infer<typeof PreflightInput>;

/** Something that has to hold before a run can succeed (`required`), or that a person should have seen (`warning`). */
export const PreflightCheck = z.strictObject({
  ...ConnectionCheck.shape,
  group: z.enum(["required", "warning"]),
});
export type PreflightCheck = z.infer<typeof PreflightCheck>;

/** `isReady` says that each required check has passed. */
export const PreflightResult = z.strictObject({ isReady: z.boolean(), checks: z.array(PreflightCheck) });
export type PreflightResult = z.infer<typeof PreflightResult>;

/** What is known so far of a pipeline that wants a name. */
export const SuggestPipelineInput = z.strictObject({
  sourceId: Id,
  sourceTable: TableNameText,
  destinationId: Id,
});
export type SuggestPipelineInput = z.infer<typeof SuggestPipelineInput>;

/** A name that no pipeline has, and a table of the destination that no pipeline writes and that is not the source itself. */
export const PipelineSuggestion = z.strictObject({ name: z.string(), destinationTable: z.string() });
export type PipelineSuggestion = z.infer<typeof PipelineSuggestion>;
