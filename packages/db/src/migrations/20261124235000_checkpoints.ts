import { Migration } from "@mikro-orm/migrations";

const AS_OWNER = `security definer set search_path = pg_catalog, pg_temp`;

/**
 * A worker's death costs a run an attempt only where the run has got no further than ever before. Otherwise a table of many
 * chunks would be given up though each worker has brought some of them.
 */
export class Migration20261124235000_checkpoints extends Migration {
  override name = "Migration20261124235000_checkpoints";

  override up(): void {
    this.addSql(`
      alter table pipeline_runs
        add column checkpoint_count int not null default 0, add column checkpoint_attempt int not null default 0`);
    // An attempt that was handed back never was, so what it has reached counts for the one before.
    this.addSql(`
      create or replace function millrace.release_runs(p_runs uuid[], p_fences bigint[], p_worker text)
      returns table (run_id uuid, organization_id uuid)
      language sql ${AS_OWNER} as $$
        update public.pipeline_runs r
        set status = 'pending', attempt = r.attempt - 1, checkpoint_attempt = least(r.checkpoint_attempt, r.attempt - 1),
          lease_until = null, worker_id = null
        from unnest(p_runs, p_fences) as u (run_id, fence)
        where r.id = u.run_id and r.fence = u.fence and r.status = 'running' and r.worker_id = p_worker
        returning r.id, r.organization_id
      $$`);
    this.addSql(`
      create or replace function millrace.sweep_runs(p_max_attempts int, p_abandoned jsonb, p_cancelled text, p_limit int)
      returns table (run_id uuid, organization_id uuid, outcome text)
      language plpgsql ${AS_OWNER} as $$
      declare
        v_candidate record;
        v_run public.pipeline_runs;
        v_seen uuid[] := '{}';
      begin
        for v_candidate in
          select r.id, r.pipeline_id from public.pipeline_runs r
          where r.status = 'running' and r.lease_until < clock_timestamp()
          order by r.lease_until limit p_limit
        loop
          perform from public.pipelines p where p.id = v_candidate.pipeline_id for no key update skip locked;
          continue when not found;
          select r.* into v_run from public.pipeline_runs r
            where r.id = v_candidate.id and r.status = 'running' and r.lease_until < clock_timestamp()
            for no key update skip locked;
          continue when not found;
          run_id := v_run.id;
          organization_id := v_run.organization_id;
          if v_run.cancel_requested_at is not null then
            outcome := 'cancelled';
            update public.pipeline_runs r
              set status = 'cancelled', end_time = clock_timestamp(), lease_until = null, error_message = p_cancelled,
                log = millrace.run_log_tail(r.id)
              where r.id = v_run.id;
            perform millrace.rest_pipeline(v_run.pipeline_id, false);
          elsif v_run.attempt - v_run.checkpoint_attempt >= p_max_attempts then
            outcome := 'abandoned';
            perform millrace.append_log_line(v_run.id, 'error', p_abandoned ->> 'message');
            update public.pipeline_runs r
              set status = 'failed', end_time = clock_timestamp(), lease_until = null, failure = p_abandoned,
                error_message = (p_abandoned ->> 'message') || '. ' || (p_abandoned ->> 'hint'),
                log = millrace.run_log_tail(r.id)
              where r.id = v_run.id;
            perform millrace.rest_pipeline(v_run.pipeline_id, true);
          else
            outcome := 'requeued';
            perform millrace.append_log_line(v_run.id, 'warn',
              'The worker of this run has vanished; another one starts it again');
            update public.pipeline_runs r set status = 'pending', lease_until = null, worker_id = null
              where r.id = v_run.id;
            -- The job that the vanished worker still seems to be at.
            delete from pgboss.job j where j.name = 'run' and j.singleton_key = v_run.id::text;
          end if;
          v_seen := v_seen || v_run.id;
          return next;
        end loop;
        -- Runs that wait without a job: it was lost, or whoever took it vanished before the claim.
        return query
          select r.id, r.organization_id, 'requeued' from public.pipeline_runs r
          where r.status = 'pending' and r.id <> all (v_seen) and not exists (
            select from pgboss.job j
            where j.name = 'run' and j.singleton_key = r.id::text
              and (j.state < 'active' or (j.state = 'active' and j.started_on > clock_timestamp() - interval '15 s'))
          )
          order by r.id limit p_limit;
      end $$`);
  }
}
