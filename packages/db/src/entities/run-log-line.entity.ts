import { defineEntity, p } from "@mikro-orm/core";
import { type LogLevel, newId } from "@millrace/shared";
// oxlint-disable-next-line import/no-cycle -- two sides of a relation name each other; both names are read lazily
import { PipelineRun } from "./pipeline-run.entity.ts";
import { tenantTable } from "./tenancy.ts";

const RunLogLineSchema = defineEntity({
  name: "RunLogLine",
  tableName: "run_log_lines",
  ...tenantTable("run_log_lines"),
  // A run belongs to one organization, so this makes (run_id, seq) unique and serves the cascade as well.
  uniques: [{ name: "run_log_lines_seq_unique", properties: ["organizationId", "run", "seq"] }],
  properties: {
    id: p.uuid().primary().onCreate(newId),
    organizationId: p.uuid(),
    // The migration adds the composite key (organization_id, run_id), on delete cascade.
    run: () => p.manyToOne(PipelineRun).ref().joinColumn("run_id").createForeignKeyConstraint(false),
    seq: p.integer(),
    at: p.datetime().defaultRaw("now()"),
    level: p.string().length(10).$type<LogLevel>(),
    message: p.text(),
  },
});

/** A line of a run's log. `seq` starts at 1 and has no gaps within a run, whatever number of attempts it took. */
export class RunLogLine extends RunLogLineSchema.class {}
RunLogLineSchema.setClass(RunLogLine);
