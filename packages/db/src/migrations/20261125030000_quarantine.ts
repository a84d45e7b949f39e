import { Migration } from "@mikro-orm/migrations";

const AS_OWNER = `security definer set search_path = pg_catalog, pg_temp`;
const OWN = `organization_id = (select nullif(current_setting('millrace.organization_id', true), '')::uuid)`;

/** Rows that runs have set aside, which fall with their run; and runs that replay those of another, which are no loads either. */
export class Migration20261125030000_quarantine extends Migration {
  override name = "Migration20261125030000_quarantine";

  override up(): void {
    this.addSql(`alter table pipeline_runs add column replays uuid null`);
    this.addSql(`
      create table quarantined_rows (
        id uuid not null primary key, organization_id uuid not null, run_id uuid not null, table_name text not null,
        code varchar(60) not null, sqlstate varchar(10) null, column_name text null, reason text not null, key text null,
        has_values boolean not null, sealed_values text null, sealed_edit text null, is_edited boolean not null default false,
        state varchar(20) not null default 'held', replay_run_id uuid null, created_at timestamptz not null default now(),
        settled_at timestamptz null, settled_by_name varchar(255) null,
        constraint quarantined_rows_run_fkey foreign key (organization_id, run_id)
          references pipeline_runs (organization_id, id) on delete cascade
      )`);
    this.addSql(`create index quarantined_rows_run_index on quarantined_rows (organization_id, run_id, id)`);
    this.addSql(`alter table quarantined_rows enable row level security`);
    this.addSql(`alter table quarantined_rows force row level security`);
    this.addSql(
      `create policy quarantined_rows_tenant on quarantined_rows to millrace_app using (${OWN}) with check (${OWN})`,
    );
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
              and l.trigger not in ('verify', 'repair', 'replay')
            order by l.id desc limit 1
          ), false) end as is_failed
          -- The run that has just ended: a pipeline has one at a time, and ids grow.
          from (
            select r.organization_id, r.trigger not in ('verify', 'repair', 'replay') as is_load from public.pipeline_runs r
            where r.pipeline_id = p_pipeline order by r.id desc limit 1
          ) r
        ) last
        where p.id = p_pipeline
      $$`);
  }
}
