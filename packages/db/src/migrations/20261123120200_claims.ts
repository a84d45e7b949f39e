import { Migration } from "@mikro-orm/migrations";

/** Runs with the owner's rights across organizations; every name in it is qualified, so nobody can slip another table in. */
const AS_OWNER = `security definer set search_path = pg_catalog, pg_temp`;

/**
 * Claiming and keeping runs. Each function locks the pipeline before its runs, as the deletion of a pipeline does, so the
 * two never wait for each other in a circle. `clock_timestamp()`, because a function may have waited for a lock.
 */
export class Migration20261123120200_claims extends Migration {
  override name = "Migration20261123120200_claims";

  override up(): void {
    this.addSql(`create schema if not exists millrace`);
    this.addSql(`
      create function millrace.run_log_tail(p_run uuid) returns text
      language sql stable set search_path = pg_catalog, pg_temp as $$
        with tail as (
          select l.seq, to_char(l.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || ' ' || rpad(l.level, 5) || ' '
            || l.message as line
          from public.run_log_lines l where l.run_id = p_run order by l.seq desc limit 2000
        ), whole as (select coalesce(string_agg(line, chr(10) order by seq), '') as text from tail)
        select case when length(text) <= 65536 then text
          else regexp_replace(right(text, 65536), '^[^' || chr(10) || ']*' || chr(10), '') end
        from whole
      $$`);
    this.addSql(`
      create function millrace.append_log_line(p_run uuid, p_level text, p_message text) returns void
      language sql ${AS_OWNER} as $$
        insert into public.run_log_lines (id, organization_id, run_id, seq, level, message)
        select gen_random_uuid(), r.organization_id, r.id,
          1 + coalesce((select max(l.seq) from public.run_log_lines l where l.run_id = r.id), 0), p_level, p_message
        from public.pipeline_runs r where r.id = p_run
      $$`);
    this.addSql(`
      create function millrace.claim_run(p_run uuid, p_worker text, p_lease interval)
      returns table (run_id uuid, organization_id uuid, pipeline_id uuid, fence bigint, attempt int)
      language plpgsql ${AS_OWNER} as $$
      declare
        v_pipeline uuid;
        v_fence bigint;
      begin
        select r.pipeline_id into v_pipeline from public.pipeline_runs r where r.id = p_run;
        perform from public.pipelines p where p.id = v_pipeline for no key update;
        perform from public.pipeline_runs r
          where r.id = p_run
            and (r.status = 'pending' or (r.status = 'running' and r.lease_until < clock_timestamp()))
          for no key update;
        if not found then return; end if;
        update public.pipelines p set fence = p.fence + 1, status = 'running'
          where p.id = v_pipeline returning p.fence into v_fence;
        return query
          update public.pipeline_runs r
          set status = 'running', fence = v_fence, attempt = r.attempt + 1, worker_id = p_worker,
            lease_until = clock_timestamp() + p_lease, start_time = coalesce(r.start_time, clock_timestamp())
          where r.id = p_run
          returning r.id, r.organization_id, r.pipeline_id, r.fence, r.attempt;
      end $$`);
    this.addSql(`
      create function millrace.heartbeat_runs(p_runs uuid[], p_fences bigint[], p_worker text, p_lease interval)
      returns table (run_id uuid, fence bigint, is_held boolean, is_cancel_requested boolean)
      language sql ${AS_OWNER} as $$
        with asked as (
          select * from unnest(p_runs, p_fences) with ordinality as u (run_id, fence, position)
        ), held as (
          update public.pipeline_runs r set lease_until = clock_timestamp() + p_lease
          from asked a
          where r.id = a.run_id and r.fence = a.fence and r.status = 'running' and r.worker_id = p_worker
          returning r.id, r.cancel_requested_at
        )
        select a.run_id, a.fence, h.id is not null, h.cancel_requested_at is not null
        from asked a left join held h on h.id = a.run_id
        order by a.position
      $$`);
    this.addSql(`
      create function millrace.release_runs(p_runs uuid[], p_fences bigint[], p_worker text)
      returns table (run_id uuid, organization_id uuid)
      language sql ${AS_OWNER} as $$
        update public.pipeline_runs r
        set status = 'pending', attempt = r.attempt - 1, lease_until = null, worker_id = null
        from unnest(p_runs, p_fences) as u (run_id, fence)
        where r.id = u.run_id and r.fence = u.fence and r.status = 'running' and r.worker_id = p_worker
        returning r.id, r.organization_id
      $$`);
    this.addSql(`
      create function millrace.rest_pipeline(p_pipeline uuid, p_is_failed boolean) returns void
      language sql ${AS_OWNER} as $$
        update public.pipelines p
        set last_run_at = clock_timestamp(),
          status = case when p_is_failed then 'failed' when p.is_enabled then 'active' else 'inactive' end
        where p.id = p_pipeline
      $$`);
    this.addSql(`
      create function millrace.sweep_runs(p_max_attempts int, p_abandoned jsonb, p_cancelled text, p_limit int)
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
          elsif v_run.attempt >= p_max_attempts then
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
