import { Migration } from "@mikro-orm/migrations";

/** What was written down of a change stays as it is (security.md S45), whoever asks: the owner and a superuser too. */
export class Migration20261124220800_auditEventsStay extends Migration {
  override name = "Migration20261124220800_auditEventsStay";

  override up(): void {
    this.addSql(`
      create function millrace.refuse_change() returns trigger
      language plpgsql set search_path = pg_catalog, pg_temp as $$
      begin
        raise exception 'rows of % are only ever added', tg_table_name using errcode = 'restrict_violation';
      end $$`);
    this.addSql(`
      create trigger audit_events_stay before update or delete on audit_events
      for each row execute function millrace.refuse_change()`);
    this.addSql(`
      create trigger audit_events_stay_whole before truncate on audit_events
      for each statement execute function millrace.refuse_change()`);
  }
}
