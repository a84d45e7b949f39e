import { Migration } from "@mikro-orm/migrations";

/** Whether runs are verified becomes one of three modes, beside the other policies. */
export class Migration20261125024500_verificationMode extends Migration {
  override name = "Migration20261125024500_verificationMode";

  override up(): void {
    this.addSql(`update pipelines set policies = policies || '{"verification": "off"}' where not verify`);
    this.addSql(`alter table pipelines drop column verify`);
  }
}
