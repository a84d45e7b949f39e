import type { OpenOptions } from "@millrace/engine";
import { AppError, type ConnectionCheck, type ErrorCode, toAppError } from "@millrace/shared";
import type { PostgresConfig } from "./postgres-config.ts";
import type { Reached } from "./postgres-connect.ts";
import { formatVersion, openSession, type PostgresSession } from "./postgres-session.ts";

/** In the order in which a run would meet them. */
const CHECKS = ["Server", "Encryption", "Sign-in", "Database", "Version", "Reading", "Writing", "Privileges"] as const;
type CheckName = (typeof CHECKS)[number];

/** The check that a refusal belongs to; any other belongs to the first that was not passed. */
const FAILS_AT: Partial<Record<ErrorCode, CheckName>> = {
  HOST_NOT_FOUND: "Server",
  HOST_FORBIDDEN: "Server",
  CONNECTION_REFUSED: "Server",
  TLS_FAILED: "Encryption",
  AUTHENTICATION_FAILED: "Sign-in",
  PASSWORD_UNPROTECTED: "Sign-in",
  DATABASE_MISSING: "Database",
  PRIVILEGE_MISSING: "Database",
  PLATFORM_DATABASE_REFUSED: "Database",
  SERVER_VERSION_UNSUPPORTED: "Version",
};

/** See `Connector.test`. */
export async function testConnection(config: PostgresConfig, options: OpenOptions): Promise<ConnectionCheck[]> {
  let reached: Reached | undefined;
  let session: PostgresSession | undefined;
  try {
    session = await openSession(config, { ...options, onReached: (how) => (reached = how) });
    const opened = session;
    return await opened.abortable(options.signal, () => checkSession(opened));
  } catch (error) {
    return failedChecks(toAppError(options.signal.aborted ? timeout(options) : error), config, reached, session);
  } finally {
    await session?.close();
  }
}

const timeout = ({ side }: OpenOptions) => new AppError("CONNECTION_TIMEOUT", { params: { side } });

/** What was reached before the failure counts as passed: a server that refuses the password has been found. */
function failedChecks(
  error: AppError,
  config: PostgresConfig,
  reached: Reached | undefined,
  session: PostgresSession | undefined,
): ConnectionCheck[] {
  const { code, message, hint } = error.toSummary();
  const firstOpen = session ? "Reading" : reached ? "Sign-in" : "Server";
  const failedAt = CHECKS.indexOf(FAILS_AT[code] ?? firstOpen);
  return CHECKS.map((name, index): ConnectionCheck => {
    if (index === failedAt) return { name, status: "failed", message, code, hint };
    if (index > failedAt) {
      return {
        name,
        status: "skipped",
        message: `Not looked at, since ${CHECKS[failedAt]} failed`,
        code: null,
        hint: null,
      };
    }
    if (name === "Server") return server(config);
    if (name === "Encryption" && reached) return encryption(reached);
    if (name === "Sign-in") return signIn(config.username);
    return passed(name, name === "Version" && session ? versionOf(session) : `Connected to ${config.database}`);
  });
}

/** The newest major version that the tests run against. */
const NEWEST_TESTED_MAJOR = 18;

const FACTS = `
  select current_database() as database, current_user as username,
         pg_is_in_recovery() as is_replica,
         current_setting('default_transaction_read_only') = 'on' as is_read_only,
         has_database_privilege(current_database(), 'create') as creates_schemas,
         (select count(*)::int4 from pg_catalog.pg_namespace n
           where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
             and n.nspname <> '_millrace' and has_schema_privilege(n.oid, 'create')) as writable_schemas,
         coalesce(has_schema_privilege(to_regnamespace('_millrace')::oid, 'usage, create'), false) as keeps_positions,
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
  readonly keeps_positions: boolean;
  readonly readable_tables: number;
  readonly is_superuser: boolean;
  readonly file_roles: string | null;
}

/** What a user should know before a run, of a session that stands. Reads only. */
export async function checkSession(session: PostgresSession): Promise<ConnectionCheck[]> {
  const [facts] = await session.query<Facts & Record<string, unknown>>(FACTS);
  if (!facts) throw new AppError("CONNECTION_LOST", { params: { side: session.side } });
  return [
    server(session),
    encryption(session),
    signIn(facts.username),
    passed("Database", `Connected to ${facts.database}`),
    version(session),
    reading(facts),
    writing(session, facts),
    privileges(facts),
  ];
}

const passed = (name: CheckName, message: string): ConnectionCheck => ({
  name,
  status: "passed",
  message,
  code: null,
  hint: null,
});

const warning = (name: CheckName, message: string, hint: string): ConnectionCheck => ({
  name,
  status: "warning",
  message,
  code: null,
  hint,
});

const server = ({ host, port }: Pick<PostgresConfig, "host" | "port">): ConnectionCheck =>
  passed("Server", `${host} answers at port ${port}`);

const signIn = (username: string): ConnectionCheck => passed("Sign-in", `Signed in as ${username}`);

function encryption({ encryption: kind, address }: Reached): ConnectionCheck {
  if (kind === "verified") return passed("Encryption", "Encrypted, and the server has proved that it is the host");
  if (kind === "unverified") return passed("Encryption", "Encrypted; who answers is not verified");
  if (isLoopback(address)) return passed("Encryption", "Not encrypted; the server is on this machine");
  return warning(
    "Encryption",
    "Not encrypted: rows can be read on their way",
    "Let the server offer TLS, and set the TLS mode to require or verify-full.",
  );
}

const isLoopback = (address: string): boolean => address.startsWith("127.") || address === "::1";

const versionOf = ({ serverVersion }: PostgresSession): string => `PostgreSQL ${formatVersion(serverVersion)}`;

function version(session: PostgresSession): ConnectionCheck {
  const text = versionOf(session);
  if (session.serverVersion < (NEWEST_TESTED_MAJOR + 1) * 10_000) return passed("Version", text);
  const hint = `It probably works. Millrace is tested with PostgreSQL 13 to ${NEWEST_TESTED_MAJOR}.`;
  return warning("Version", `${text} is newer than what Millrace was tested with`, hint);
}

function reading({ readable_tables: count }: Facts): ConnectionCheck {
  if (count > 0) return passed("Reading", count === 1 ? "1 table can be read" : `${count} tables can be read`);
  return warning(
    "Reading",
    "There is no table that this user may read",
    "As a source, grant USAGE on the schema and SELECT on its tables.",
  );
}

function writing({ side }: PostgresSession, facts: Facts): ConnectionCheck {
  if (facts.is_replica || facts.is_read_only) return readOnly(side, facts);
  const { creates_schemas: createsSchemas, writable_schemas: schemas, keeps_positions: keepsPositions } = facts;
  if (createsSchemas) return passed("Writing", "Schemas and tables can be created");
  if (schemas > 0 && keepsPositions) {
    return passed("Writing", `Tables can be created in ${schemas === 1 ? "1 schema" : `${schemas} schemas`}`);
  }
  // The position of each pipeline is kept in a schema of its own.
  return schemas > 0
    ? warning(
        "Writing",
        "Tables can be created, but the schema _millrace is not this user's to write",
        "As a destination, create the schema _millrace and grant USAGE and CREATE on it.",
      )
    : warning(
        "Writing",
        "This user can create no table",
        "As a destination, grant USAGE and CREATE on a schema, and on the schema _millrace.",
      );
}

function readOnly(side: PostgresSession["side"], { is_replica: isReplica }: Facts): ConnectionCheck {
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

function privileges({ is_superuser: isSuperuser, file_roles: fileRoles }: Facts): ConnectionCheck {
  const roles = (JSON.parse(fileRoles ?? "[]") as string[]).join(", ");
  if (!isSuperuser && roles === "") {
    return passed("Privileges", "The user cannot reach the server's files or programs");
  }
  return warning(
    "Privileges",
    isSuperuser ? "The user is a superuser" : `The user is a member of ${roles}`,
    "Such a user can read files and start programs on the database server. Use one that only owns or reads the tables.",
  );
}
