import { Cascade, defineEntity, p } from "@mikro-orm/core";
import { newId, type PipelineMode, type PipelineStatus, type WriteMode } from "@millrace/shared";
// oxlint-disable-next-line import/no-cycle -- two sides of a relation name each other; both names are read lazily
import { PipelineRun } from "./pipeline-run.entity.ts";
import { tenantTable } from "./tenancy.ts";

const PipelineSchema = defineEntity({
  name: "Pipeline",
  tableName: "pipelines",
  ...tenantTable("pipelines"),
  uniques: [
    { name: "pipelines_name_unique", properties: ["organizationId", "name"] },
    { name: "pipelines_organization_unique", properties: ["organizationId", "id"] },
  ],
  indexes: [
    { name: "pipelines_source_index", properties: ["organizationId", "sourceId"] },
    { name: "pipelines_destination_index", properties: ["organizationId", "destinationId"] },
    { name: "pipelines_due_index", properties: ["nextRunAt"], where: "next_run_at is not null" },
    // The migration adds one index more for each order of the list, over expressions that the metadata cannot name.
  ],
  properties: {
    id: p.uuid().primary().onCreate(newId),
    organizationId: p.uuid(),
    name: p.string().length(255),
    description: p.text().default(""),
    /** References `data_sources (organization_id, id)`, restricting its deletion; the migration adds the composite key. */
    sourceId: p.uuid().nullable(),
    sourceTable: p.text().nullable(),
    /** As `sourceId`. */
    destinationId: p.uuid().nullable(),
    destinationTable: p.text().nullable(),
    mode: p.string().length(20).$type<PipelineMode>().default("batch"),
    writeMode: p.string().length(20).$type<WriteMode>().default("replace"),
    schedule: p.string().nullable(),
    timezone: p.string().length(60).default("UTC"),
    status: p.string().length(20).$type<PipelineStatus>().default("inactive"),
    isEnabled: p.boolean().default(false),
    /** Grows with each claim of a run. Only `millrace.claim_run` writes it. */
    fence: p.bigint("number").default(0),
    createdBy: p.string(),
    createdAt: p.datetime().defaultRaw("now()"),
    updatedAt: p
      .datetime()
      .defaultRaw("now()")
      .onUpdate(() => new Date()),
    lastRunAt: p.datetime().nullable(),
    /** The next fire of the schedule; null when there is none or the pipeline is not enabled. Schedulers read only this. */
    nextRunAt: p.datetime().nullable(),
    mapping: p.json<Record<string, unknown>>().defaultRaw("'{}'::jsonb"),
    policies: p.json<Record<string, unknown>>().defaultRaw("'{}'::jsonb"),
    limits: p.json<Record<string, unknown>>().defaultRaw("'{}'::jsonb"),
    /** `SchemaState`; as long as the tables are wide, so it is read where it is asked for. */
    schemaState: p.json<Record<string, unknown>>().defaultRaw("'{}'::jsonb").lazy(),
    runs: () => p.oneToMany(PipelineRun).mappedBy("pipeline").cascade(Cascade.PERSIST, Cascade.REMOVE).orphanRemoval(),
  },
});

/** `source table -> destination table` with its schedule and state. Names are unique within the organization. */
export class Pipeline extends PipelineSchema.class {}
PipelineSchema.setClass(Pipeline);
