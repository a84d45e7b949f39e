import { Migration } from "@mikro-orm/migrations";

/** Tells listeners what changed, by ids alone: o(rganization), p(ipeline), r(un), k(ind). Equal messages of a transaction are one. */
export class Migration20261123120400_changes extends Migration {
  override name = "Migration20261123120400_changes";

  override up(): void {
    this.addSql(`
      create function millrace.notify_pipeline() returns trigger
      language plpgsql set search_path = pg_catalog, pg_temp as $$
      declare
        v_row public.pipelines := coalesce(new, old);
      begin
        perform pg_notify('millrace_changes', json_build_object('k', 'pipeline', 'o', v_row.organization_id, 'p', v_row.id)::text);
        return null;
      end $$`);
    this.addSql(`
      create trigger pipelines_notify after insert or update or delete on pipelines
      for each row execute function millrace.notify_pipeline()`);
    this.addSql(`
      create function millrace.notify_run() returns trigger
      language plpgsql set search_path = pg_catalog, pg_temp as $$
      begin
        perform pg_notify('millrace_changes',
          json_build_object('k', 'run', 'o', new.organization_id, 'p', new.pipeline_id, 'r', new.id)::text);
        return null;
      end $$`);
    // Not for lease_until and worker_id: a heartbeat is nothing to look at.
    this.addSql(`
      create trigger pipeline_runs_notify
      after insert or update of status, attempt, start_time, end_time, records_processed, records_failed, log, error_message,
        failure, progress, proof, cancel_requested_at on pipeline_runs
      for each row execute function millrace.notify_run()`);
    this.addSql(`
      create function millrace.notify_log() returns trigger
      language plpgsql set search_path = pg_catalog, pg_temp as $$
      begin
        perform pg_notify('millrace_changes',
          json_build_object('k', 'log', 'o', r.organization_id, 'p', r.pipeline_id, 'r', r.id)::text)
        from public.pipeline_runs r where r.id in (select n.run_id from new_lines n);
        return null;
      end $$`);
    this.addSql(`
      create trigger run_log_lines_notify after insert on run_log_lines referencing new table as new_lines
      for each statement execute function millrace.notify_log()`);
    // With the owner's rights: whoever may delete a run has no say in the queue.
    this.addSql(`
      create function millrace.forget_jobs() returns trigger
      language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
      begin
        if to_regclass('pgboss.job') is not null then
          delete from pgboss.job j using old_runs o where j.name = 'run' and j.singleton_key = o.id::text;
        end if;
        return null;
      end $$`);
    this.addSql(`
      create trigger pipeline_runs_forget_jobs after delete on pipeline_runs referencing old table as old_runs
      for each statement execute function millrace.forget_jobs()`);
  }
}
