import { Migration } from "@mikro-orm/migrations";

const AS_OWNER = `security definer set search_path = pg_catalog, pg_temp`;

/** What a run's page shows after the run: who started it, when its stages began and ended, how fast it went, why it waits. */
export class Migration20261124221000_runHistory extends Migration {
  override name = "Migration20261124221000_runHistory";

  override up(): void {
    this.addSql(`
      alter table pipeline_runs
        add column triggered_by_name varchar(255) null, add column stages jsonb null, add column samples jsonb null`);
    this.addSql(`create index pipeline_runs_status_index on pipeline_runs (organization_id, status, id)`);
    // A message that holds a line feed cannot pass for a line of its own.
    this.addSql(`
      create or replace function millrace.run_log_tail(p_run uuid) returns text
      language sql stable set search_path = pg_catalog, pg_temp as $$
        with tail as (
          select l.seq, to_char(l.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || ' ' || rpad(l.level, 5) || ' '
            || replace(l.message, chr(10), '\\n') as line
          from public.run_log_lines l where l.run_id = p_run order by l.seq desc limit 2000
        ), whole as (select coalesce(string_agg(line, chr(10) order by seq), '') as text from tail)
        select case when length(text) <= 65536 then text
          else regexp_replace(right(text, 65536), '^[^' || chr(10) || ']*' || chr(10), '') end
        from whole
      $$`);
    // Workers belong to no organization: who waits is told whether there are any and whether one is free, and no more.
    this.addSql(`
      create table millrace.workers (id text primary key, seen_at timestamptz not null, slots int not null, busy int not null)`);
    this.addSql(`
      create function millrace.worker_seen(p_worker text, p_slots int, p_busy int) returns void
      language sql ${AS_OWNER} as $$
        insert into millrace.workers as w (id, seen_at, slots, busy) values (p_worker, clock_timestamp(), p_slots, p_busy)
          on conflict (id) do update set seen_at = excluded.seen_at, slots = excluded.slots, busy = excluded.busy;
        delete from millrace.workers w where w.seen_at < clock_timestamp() - interval '1 hour'
      $$`);
    this.addSql(`
      create function millrace.worker_left(p_worker text) returns void
      language sql ${AS_OWNER} as $$ delete from millrace.workers w where w.id = p_worker $$`);
    this.addSql(`
      create function millrace.workers_up(p_seen_within interval) returns table (workers int, free int)
      language sql stable ${AS_OWNER} as $$
        select count(*)::int, coalesce(sum(greatest(w.slots - w.busy, 0)), 0)::int
        from millrace.workers w where w.seen_at > clock_timestamp() - p_seen_within
      $$`);
  }
}
