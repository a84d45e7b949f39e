import { Migration } from "@mikro-orm/migrations";

/** What is agreed of a pipeline's tables, and what each run has found of them. */
export class Migration20261125025417_schemaChanges extends Migration {
  override name = "Migration20261125025417_schemaChanges";

  override up(): void {
    this.addSql(`alter table pipelines add column schema_state jsonb not null default '{}'::jsonb`);
    this.addSql(`alter table pipeline_runs add column schema jsonb null`);
  }
}
