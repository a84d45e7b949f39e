import { Migration } from "@mikro-orm/migrations";

const AS_OWNER = `security definer set search_path = pg_catalog, pg_temp`;

/**
 * Schedules that are due. Both functions are called in one transaction: the first keeps the rows locked until the second has
 * set their next fire, and what another scheduler holds is passed over. What is computed from cron and time zone in between
 * is the caller's.
 */
export class Migration20261123120300_schedules extends Migration {
  override name = "Migration20261123120300_schedules";

  override up(): void {
    this.addSql(`
      create function millrace.due_schedules(p_limit int)
      returns table (pipeline_id uuid, organization_id uuid, schedule text, timezone text, due_at timestamptz, now timestamptz)
      language sql ${AS_OWNER} as $$
        select p.id, p.organization_id, p.schedule, p.timezone, p.next_run_at, clock_timestamp()
        from public.pipelines p
        where p.next_run_at <= clock_timestamp()
        order by p.next_run_at limit p_limit
        for no key update skip locked
      $$`);
    this.addSql(`
      create function millrace.fire_schedules(
        p_pipelines uuid[], p_dues timestamptz[], p_nexts timestamptz[], p_runs uuid[])
      returns table (pipeline_id uuid, organization_id uuid, run_id uuid)
      language plpgsql ${AS_OWNER} as $$
      begin
        update public.pipelines p set next_run_at = u.next
          from unnest(p_pipelines, p_nexts) as u (id, next) where p.id = u.id;
        -- A fire that was answered, and a pipeline with an active run, are what the two unique indexes refuse.
        return query
          insert into public.pipeline_runs as r (id, organization_id, pipeline_id, trigger, due_at)
          select u.run, p.organization_id, p.id, 'schedule', u.due
          from unnest(p_pipelines, p_dues, p_runs) as u (id, due, run)
          join public.pipelines p on p.id = u.id
          where p.is_enabled and p.schedule is not null and p.mode = 'batch'
          on conflict do nothing
          returning r.pipeline_id, r.organization_id, r.id;
      end $$`);
  }
}
