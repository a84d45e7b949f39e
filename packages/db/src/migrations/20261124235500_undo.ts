import { Migration } from "@mikro-orm/migrations";

/** A run that undoes another names it. */
export class Migration20261124235500_undo extends Migration {
  override name = "Migration20261124235500_undo";

  override up(): void {
    this.addSql(`alter table pipeline_runs add column undoes uuid null`);
  }
}
