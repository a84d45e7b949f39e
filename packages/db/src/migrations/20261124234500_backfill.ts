import { Migration } from "@mikro-orm/migrations";

/** A run may read a window of its pipeline's cursor once more. */
export class Migration20261124234500_backfill extends Migration {
  override name = "Migration20261124234500_backfill";

  override up(): void {
    this.addSql(`alter table pipeline_runs add column backfill jsonb null`);
  }
}
