import { Migration } from "@mikro-orm/migrations";

/**
 * What a hundred thousand rows of one run ask for. The names of columns that an index takes are bounded, since a constraint may be
 * over a hundred of them; the cast cuts what is there already.
 */
export class Migration20261129075756_quarantineIndexes extends Migration {
  override name = "Migration20261129075756_quarantineIndexes";

  override up(): void {
    this.addSql(
      `alter table quarantined_rows alter column column_name type varchar(500) using (column_name::varchar(500))`,
    );
    this.addSql(`
      create index quarantined_rows_kind_index on quarantined_rows
        (organization_id, run_id, code, column_name, state, id)`);
    this.addSql(`
      create index quarantined_rows_replay_index on quarantined_rows (organization_id, replay_run_id, id)
        where replay_run_id is not null`);
  }
}
