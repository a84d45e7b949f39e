import { Migration } from "@mikro-orm/migrations";

/**
 * Foreign keys that carry the organization, which the ORM's metadata cannot name, so that a row cannot even reference
 * another organization's; and the owner's way past forced row-level security. It is open only inside the functions of schema
 * `millrace`: there the owner acts, while the session's role is still `millrace_worker`, which has no table of its own.
 */
export class Migration20261123120100_tenantKeys extends Migration {
  override name = "Migration20261123120100_tenantKeys";

  override up(): void {
    this.addSql(`
      alter table pipelines
        add constraint pipelines_source_fkey foreign key (organization_id, source_id)
          references data_sources (organization_id, id) on delete restrict,
        add constraint pipelines_destination_fkey foreign key (organization_id, destination_id)
          references data_sources (organization_id, id) on delete restrict`);
    this.addSql(`
      alter table pipeline_runs
        add constraint pipeline_runs_pipeline_fkey foreign key (organization_id, pipeline_id)
          references pipelines (organization_id, id) on delete cascade`);
    this.addSql(`
      alter table run_log_lines
        add constraint run_log_lines_run_fkey foreign key (organization_id, run_id)
          references pipeline_runs (organization_id, id) on delete cascade`);
    for (const table of ["data_sources", "pipelines", "pipeline_runs", "run_log_lines"]) {
      this.addSql(`
        create policy ${table}_system on ${table} to current_user
          using (current_setting('role') = 'millrace_worker')
          with check (current_setting('role') = 'millrace_worker')`);
    }
  }
}
