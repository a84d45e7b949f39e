import { Migration } from "@mikro-orm/migrations";

/** From where a request came whose event it is. */
export class Migration20261129083000_auditAddress extends Migration {
  override name = "Migration20261129083000_auditAddress";

  override up(): void {
    this.addSql(`alter table audit_events add column address varchar(45) null`);
  }
}
