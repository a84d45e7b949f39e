import { Cascade, defineEntity, p } from "@mikro-orm/core";
import {
  type BackfillWindow,
  newId,
  type RepairTask,
  type RunCursor,
  type RunFailure,
  type RunProgress,
  type RunProof,
  type RunSamples,
  type RunStageTime,
  type RunStatus,
  type RunTrigger,
  type SchemaReport,
} from "@millrace/shared";
// oxlint-disable-next-line import/no-cycle -- two sides of a relation name each other; both names are read lazily
import { Pipeline } from "./pipeline.entity.ts";
// oxlint-disable-next-line import/no-cycle -- two sides of a relation name each other; both names are read lazily
import { RunLogLine } from "./run-log-line.entity.ts";
import { tenantTable } from "./tenancy.ts";

const PipelineRunSchema = defineEntity({
  name: "PipelineRun",
  tableName: "pipeline_runs",
  ...tenantTable("pipeline_runs"),
  uniques: [
    { name: "pipeline_runs_organization_unique", properties: ["organizationId", "id"] },
    { name: "pipeline_runs_due_unique", properties: ["pipeline", "dueAt"] },
    // Two triggers at once: one of them gets SQLSTATE 23505 under this name.
    {
      name: "pipeline_runs_active_unique",
      properties: ["pipeline"],
      where: "status in ('pending', 'running')",
    },
  ],
  indexes: [
    { name: "pipeline_runs_pipeline_index", properties: ["organizationId", "pipeline", "id"] },
    // For the list of an organization's runs in a state, and for counting them.
    { name: "pipeline_runs_status_index", properties: ["organizationId", "status", "id"] },
    {
      name: "pipeline_runs_active_index",
      properties: ["status", "leaseUntil"],
      where: "status in ('pending', 'running')",
    },
  ],
  properties: {
    id: p.uuid().primary().onCreate(newId),
    organizationId: p.uuid(),
    // The migration adds the composite key (organization_id, pipeline_id), on delete cascade.
    pipeline: () => p.manyToOne(Pipeline).ref().joinColumn("pipeline_id").createForeignKeyConstraint(false),
    status: p.string().length(20).$type<RunStatus>().default("pending"),
    trigger: p.string().length(20).$type<RunTrigger>(),
    triggeredBy: p.string().nullable(),
    /** The user or the API token by its name then: either may be gone when somebody asks who it was. */
    triggeredByName: p.string().nullable(),
    /** The fire of the schedule that this run answers; unique within the pipeline. */
    dueAt: p.datetime().nullable(),
    /** The run that this one undoes. */
    undoes: p.uuid().nullable(),
    /** The run whose quarantined rows this one replays. */
    replays: p.uuid().nullable(),
    attempt: p.integer().default(0),
    /** The most chunks that were ever committed at once, and the attempt that got so far: its death and those before cost none. */
    checkpointCount: p.integer().default(0),
    checkpointAttempt: p.integer().default(0),
    /** The fence of the claim that holds the run; every write of a worker names it. */
    fence: p.bigint("number").default(0),
    leaseUntil: p.datetime().nullable(),
    workerId: p.string().nullable(),
    startTime: p.datetime().nullable(),
    endTime: p.datetime().nullable(),
    recordsProcessed: p.bigint("number").default(0),
    recordsFailed: p.bigint("number").default(0),
    /** The last 64 KB of the log lines as one text. */
    log: p.text().default(""),
    errorMessage: p.text().nullable(),
    failure: p.json<RunFailure>().nullable(),
    progress: p.json<RunProgress>().nullable(),
    /** The stages that the latest attempt has reached. */
    stages: p.json<RunStageTime[]>().nullable(),
    /** The copy of the latest attempt over time; read with a run's own page and left out of lists. */
    samples: p.json<RunSamples>().nullable().lazy(),
    proof: p.json<RunProof>().nullable(),
    /** Which cursors it has read. Values of rows: read only for whoever may see rows. */
    cursor: p.json<RunCursor>().nullable().lazy(),
    /** For a run that reads a window of its pipeline's cursor once more. */
    backfill: p.json<BackfillWindow>().nullable(),
    /** What a run with the trigger `repair` mends. */
    repair: p.json<RepairTask>().nullable(),
    /** What had changed since it was agreed; read with a run's own page. */
    schema: p.json<SchemaReport>().nullable().lazy(),
    plan: p.json<Record<string, unknown>>().nullable(),
    cancelRequestedAt: p.datetime().nullable(),
    createdAt: p.datetime().defaultRaw("now()"),
    lines: () => p.oneToMany(RunLogLine).mappedBy("run").cascade(Cascade.PERSIST, Cascade.REMOVE).orphanRemoval(),
  },
});

/** One execution of a pipeline. At most one run of a pipeline is pending or running. */
export class PipelineRun extends PipelineRunSchema.class {}
PipelineRunSchema.setClass(PipelineRun);
