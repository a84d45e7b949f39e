import { defineEntity, p } from "@mikro-orm/core";
import { MAX_COLUMN_NAME_LENGTH, newId, type QuarantineState } from "@millrace/shared";
// oxlint-disable-next-line import/no-cycle -- two sides of a relation name each other; both names are read lazily
import { PipelineRun } from "./pipeline-run.entity.ts";
import { tenantTable } from "./tenancy.ts";

const QuarantinedRowSchema = defineEntity({
  name: "QuarantinedRow",
  tableName: "quarantined_rows",
  ...tenantTable("quarantined_rows"),
  indexes: [
    // Pages of a run's rows, and the cascade.
    { name: "quarantined_rows_run_index", properties: ["organizationId", "run", "id"] },
    // The figures of a run's rows without a look at the rows, and what the filters leave of them.
    {
      name: "quarantined_rows_kind_index",
      properties: ["organizationId", "run", "code", "columnName", "state", "id"],
    },
    // What a replay is to bring, page by page, however few they are of a run's.
    {
      name: "quarantined_rows_replay_index",
      properties: ["organizationId", "replayRunId", "id"],
      where: "replay_run_id is not null",
    },
  ],
  properties: {
    id: p.uuid().primary().onCreate(newId),
    organizationId: p.uuid(),
    // The migration adds the composite key (organization_id, run_id), on delete cascade.
    run: () => p.manyToOne(PipelineRun).ref().joinColumn("run_id").createForeignKeyConstraint(false),
    /** The destination's. */
    tableName: p.text(),
    code: p.string().length(60),
    sqlstate: p.string().length(10).nullable(),
    /** Of a constraint over many columns the first; an index has room for no more. */
    columnName: p.string().length(MAX_COLUMN_NAME_LENGTH).nullable(),
    reason: p.text(),
    key: p.text().nullable(),
    hasValues: p.boolean(),
    /** What `quarantinePlace` seals: the row's values as JSON, and what somebody has put in their place. */
    sealedValues: p.text().nullable().lazy(),
    sealedEdit: p.text().nullable().lazy(),
    isEdited: p.boolean().default(false),
    state: p.string().length(20).$type<QuarantineState>().default("held"),
    /** The run that has replayed the row, or was to. Only while that run is active nobody else may touch the row. */
    replayRunId: p.uuid().nullable(),
    createdAt: p.datetime().defaultRaw("now()"),
    settledAt: p.datetime().nullable(),
    settledByName: p.string().nullable(),
  },
});

/** A row that a run has set aside. Its id is what a destination remembers it by while it is replayed. */
export class QuarantinedRow extends QuarantinedRowSchema.class {}
QuarantinedRowSchema.setClass(QuarantinedRow);
