import { Migration } from "@mikro-orm/migrations";

/** A run of an incremental pipeline remembers which cursors it has read. */
export class Migration20261125022800_cursor extends Migration {
  override name = "Migration20261125022800_cursor";

  override up(): void {
    this.addSql(`alter table pipeline_runs add column cursor jsonb null`);
  }
}
