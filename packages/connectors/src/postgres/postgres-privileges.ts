import type { TablePlan } from "@millrace/engine";
import { AppError, formatTableName } from "@millrace/shared";
import type { PostgresPlan } from "./postgres-plan.ts";
import type { PostgresSession } from "./postgres-session.ts";

/** Null where the schema or the table that is asked about is not there. */
const PRIVILEGES = `
  select pg_is_in_recovery() or current_setting('default_transaction_read_only') = 'on' as is_read_only,
         has_database_privilege(current_database(), 'create') as creates_schemas,
         (select has_schema_privilege(oid, 'usage') and has_schema_privilege(oid, 'create')
            from pg_catalog.pg_namespace where nspname = $1) as creates_tables,
         (select pg_has_role(relowner, 'usage') from pg_catalog.pg_class where oid = $2::oid) as owns_table,
         (select bool_and(has_column_privilege($2::oid, name, 'insert')) from unnest($3::text[]) name
           where exists (select from pg_catalog.pg_class where oid = $2::oid)) as inserts,
         (select has_table_privilege(oid, 'select') and has_any_column_privilege(oid, 'update')
            from pg_catalog.pg_class where oid = $2::oid) as updates,
         (select has_table_privilege(oid, 'delete') from pg_catalog.pg_class where oid = $2::oid) as deletes,
         (select has_schema_privilege(n.oid, 'usage') and case
                   when c.oid is null then has_schema_privilege(n.oid, 'create')
                   else has_table_privilege(c.oid, 'select') and has_table_privilege(c.oid, 'insert')
                        and has_table_privilege(c.oid, 'update') end
            from pg_catalog.pg_namespace n
            left join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = 'position'
           where n.nspname = '_millrace') as keeps_position`;

interface Privileges {
  readonly is_read_only: boolean;
  readonly creates_schemas: boolean;
  readonly creates_tables: boolean | null;
  readonly owns_table: boolean | null;
  readonly inserts: boolean | null;
  readonly updates: boolean | null;
  readonly deletes: boolean | null;
  readonly keeps_position: boolean | null;
}

/** See `DestinationSide.assertPermitted`. What the plan's types need beyond the table is not looked at. */
export async function assertPermitted(session: PostgresSession, plan: TablePlan): Promise<void> {
  const { schema } = plan.destinationTable;
  const { existingOid, isFresh, merge } = plan.detail as PostgresPlan;
  const isMadeNew = merge ? existingOid === null : isFresh;
  const alters = (plan.evolution?.statements.length ?? 0) > 0;
  const columns = plan.columns.map(({ name }) => name);
  const [may] = await session.query<Privileges & Record<string, unknown>>(PRIVILEGES, [
    schema,
    existingOid ?? "0",
    columns,
  ]);
  const { side } = session;
  if (!may) throw new AppError("CONNECTION_LOST", { params: { side } });
  if (may.is_read_only) throw new AppError("READ_ONLY", { params: { side } });
  const table = `table ${formatTableName(plan.destinationTable)}`;
  const lacking = [
    // Only a fresh table is created, be it to stay or to take another's place, which only its owner may drop.
    isMadeNew && !(may.creates_tables ?? may.creates_schemas) ? `schema ${schema}` : null,
    isMadeNew && may.owns_table === false ? table : null,
    !isMadeNew && may.inserts === false ? table : null,
    // Only its owner may alter it.
    !isMadeNew && alters && may.owns_table === false ? table : null,
    merge && may.updates === false ? table : null,
    merge?.deletes.mode === "hard" && may.deletes === false ? table : null,
    // Where each pipeline's position is kept.
    !(may.keeps_position ?? may.creates_schemas) ? "schema _millrace" : null,
  ].find((object) => object !== null);
  if (lacking !== undefined) throw new AppError("PRIVILEGE_MISSING", { params: { side, object: lacking } });
}
