import { Migration } from "@mikro-orm/migrations";

const AS_OWNER = `security definer set search_path = pg_catalog, pg_temp`;
const OWN = `organization_id = (select nullif(current_setting('millrace.organization_id', true), '')::uuid)`;

/** What runs that verify and repair have found and done. They are no loads, so a pipeline rests as its last load has left it. */
export class Migration20261125022500_verifications extends Migration {
  override name = "Migration20261125022500_verifications";

  override up(): void {
    this.addSql(`alter table pipeline_runs add column repair jsonb null`);
    this.addSql(`
      create table run_verifications (
        id uuid not null primary key, organization_id uuid not null, run_id uuid not null, found jsonb null,
        differences text null, compared_as varchar(64) not null, repaired jsonb null,
        constraint run_verifications_run_unique unique (organization_id, run_id),
        constraint run_verifications_run_fkey foreign key (organization_id, run_id)
          references pipeline_runs (organization_id, id) on delete cascade
      )`);
    this.addSql(`alter table run_verifications enable row level security`);
    this.addSql(`alter table run_verifications force row level security`);
    this.addSql(`create policy run_verifications_tenant on run_verifications to millrace_app using (${OWN}) with check (${OWN})`);
    this.addSql(`
      create or replace function millrace.rest_pipeline(p_pipeline uuid, p_is_failed boolean) returns void
      language sql ${AS_OWNER} as $$
        update public.pipelines p
        set last_run_at = case when last.is_load then clock_timestamp() else p.last_run_at end,
          status = case when last.is_failed then 'failed' when p.is_enabled then 'active' else 'inactive' end
        from (
          select r.is_load, case when r.is_load then p_is_failed else coalesce((
            select l.status = 'failed' from public.pipeline_runs l
            where l.organization_id = r.organization_id and l.pipeline_id = p_pipeline
              and l.trigger not in ('verify', 'repair')
            order by l.id desc limit 1
          ), false) end as is_failed
          -- The run that has just ended: a pipeline has one at a time, and ids grow.
          from (
            select r.organization_id, r.trigger not in ('verify', 'repair') as is_load from public.pipeline_runs r
            where r.pipeline_id = p_pipeline order by r.id desc limit 1
          ) r
        ) last
        where p.id = p_pipeline
      $$`);
  }
}
