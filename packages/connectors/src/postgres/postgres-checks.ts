import type { ConnectionCheck } from "@millrace/shared";
import { AppError } from "@millrace/shared";
import { formatVersion, type PostgresSession } from "./postgres-session.ts";

/** The newest major version that the tests run against. */
const NEWEST_TESTED_MAJOR = 18;

const FACTS = `
  select current_database() as database, current_user as username,
         pg_is_in_recovery() as is_replica,
         current_setting('default_transaction_read_only') = 'on' as is_read_only,
         has_database_privilege(current_database(), 'create') as creates_schemas,
         (select count(*)::int4 from pg_catalog.pg_namespace n
           where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
             and has_schema_privilege(n.oid, 'create')) as writable_schemas,
         (select count(*)::int4
            from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
           where c.relkind in ('r', 'p', 'v', 'm', 'f')
             and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', '_millrace')
             and has_schema_privilege(n.oid, 'usage')
             and (has_table_privilege(c.oid, 'select') or has_any_column_privilege(c.oid, 'select'))) as readable_tables,
         current_setting('is_superuser') = 'on' as is_superuser,
         (select json_agg(r.rolname order by r.rolname) from pg_catalog.pg_roles r
           where r.rolname in ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program')
             and pg_has_role(r.oid, 'member')) as file_roles`;

interface Facts {
  readonly database: string;
  readonly username: string;
  readonly is_replica: boolean;
  readonly is_read_only: boolean;
  readonly creates_schemas: boolean;
  readonly writable_schemas: number;
  readonly readable_tables: number;
  readonly is_superuser: boolean;
  readonly file_roles: string | null;
}

/** What a user should know before a run, in the order in which a run would meet it. Reads only. */
export async function checkSession(session: PostgresSession): Promise<ConnectionCheck[]> {
  const [facts] = await session.query<Facts & Record<string, unknown>>(FACTS);
  if (!facts) throw new AppError("CONNECTION_LOST", { params: { side: session.side } });
  return [
    connection(session, facts),
    version(session),
    writing(session, facts),
    tables(facts),
    creating(facts),
    power(facts),
  ];
}

const passed = (name: string, message: string): ConnectionCheck => ({
  name,
  status: "passed",
  message,
  code: null,
  hint: null,
});

const warning = (name: string, message: string, hint: string): ConnectionCheck => ({
  name,
  status: "warning",
  message,
  code: null,
  hint,
});

const ENCRYPTION = {
  none: "not encrypted",
  unverified: "encrypted, the server's certificate not verified",
  verified: "encrypted, the server's certificate verified",
} as const;

const connection = ({ encryption }: PostgresSession, { database, username }: Facts): ConnectionCheck =>
  passed("Connection", `Signed in to ${database} as ${username}; ${ENCRYPTION[encryption]}`);

function version({ serverVersion }: PostgresSession): ConnectionCheck {
  const text = `PostgreSQL ${formatVersion(serverVersion)}`;
  if (serverVersion < (NEWEST_TESTED_MAJOR + 1) * 10_000) return passed("Version", text);
  const hint = `It probably works. Millrace is tested with PostgreSQL 13 to ${NEWEST_TESTED_MAJOR}.`;
  return warning("Version", `${text} is newer than what Millrace was tested with`, hint);
}

function writing(
  { side }: PostgresSession,
  { is_replica: isReplica, is_read_only: isReadOnly }: Facts,
): ConnectionCheck {
  if (!isReplica && !isReadOnly) return passed("Writing", "The server takes writes");
  if (side === "destination") {
    const { code, message, hint } = new AppError("READ_ONLY", { params: { side } });
    return { name: "Writing", status: "failed", message, code, hint };
  }
  return isReplica
    ? warning(
        "Writing",
        "The server is a read replica",
        "It can be a source only. Long reads may be ended by replication: raise max_standby_streaming_delay there.",
      )
    : warning("Writing", "Transactions are read-only unless they say otherwise", "It can be a source only.");
}

function tables({ readable_tables: count }: Facts): ConnectionCheck {
  if (count > 0) return passed("Reading", count === 1 ? "1 table can be read" : `${count} tables can be read`);
  return warning(
    "Reading",
    "There is no table that this user may read",
    "As a source, grant USAGE on the schema and SELECT on its tables.",
  );
}

function creating({ creates_schemas: createsSchemas, writable_schemas: schemas }: Facts): ConnectionCheck {
  if (createsSchemas) return passed("Creating", "Schemas and tables can be created");
  // The position of each pipeline is kept in a schema of its own.
  const hint = "As a destination, grant CREATE on the database, or create the schema _millrace for this user.";
  return warning(
    "Creating",
    schemas > 0 ? "Tables can be created, schemas cannot" : "Neither schemas nor tables can be created",
    hint,
  );
}

function power({ is_superuser: isSuperuser, file_roles: fileRoles }: Facts): ConnectionCheck {
  const roles = (JSON.parse(fileRoles ?? "[]") as string[]).join(", ");
  if (!isSuperuser && roles === "")
    return passed("Privileges", "The user has no more privileges than moving tables needs");
  return warning(
    "Privileges",
    isSuperuser ? "The user is a superuser" : `The user is a member of ${roles}`,
    "Such a user can read files and start programs on the database server. Use one that only owns or reads the tables.",
  );
}
