import { Migration } from "@mikro-orm/migrations";

/**
 * An index for each order in which pipelines are listed, over the very expressions of the query that lists them
 * (`pipelines.listing.ts` of packages/rpc): case-folded names, states by what needs attention first, and the two times in the
 * order that people ask for, empty ones last. What was created last has `pipelines_organization_unique`.
 */
export class Migration20261124220900_pipelineOrders extends Migration {
  override name = "Migration20261124220900_pipelineOrders";

  override up(): void {
    this.addSql(`create index pipelines_by_name on pipelines (organization_id, lower(name), id)`);
    this.addSql(`
      create index pipelines_by_status on pipelines
        (organization_id, (case status when 'failed' then 0 when 'running' then 1 when 'active' then 2 else 3 end), id)`);
    this.addSql(`create index pipelines_by_last_run on pipelines (organization_id, last_run_at desc nulls last, id desc)`);
    this.addSql(`create index pipelines_by_next_run on pipelines (organization_id, next_run_at nulls last, id)`);
  }
}
