import type { PoolConfig } from "pg";
import { AppError } from "@millrace/shared";

/** How long a connection to the platform's database may take, the wait for a free one included: a busy machine is slow rather than down. Shorter than a lease. */
const CONNECT_TIMEOUT_MS = 10_000;

/** Without it a role named `millrace`, as the embedded server's is, would find and make its tables in the schema of that name. */
const SEARCH_PATH = "-c search_path=public";

export interface ConnectionSettings {
  readonly databaseUrl: string;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string;
  /** The role that the server switches to before the first statement. Left out: the one of the URL. */
  readonly role?: string;
  /**
   * A transaction in which nothing happens for that long is rolled back. A process that was suspended in the middle of one
   * would else keep its locks, and with them the run that somebody is to take over, for as long as it sleeps.
   */
  readonly idleInTransactionMs?: number;
}

/**
 * What `pg` needs to connect. The role is part of the connection's start, so no statement ever runs without it; an
 * `options` parameter of the URL is kept in front of it, where it cannot undo it.
 */
export function connectionConfig(settings: ConnectionSettings): PoolConfig {
  const { databaseUrl, applicationName, role, idleInTransactionMs } = settings;
  const url = parseDatabaseUrl(databaseUrl);
  const own = url.searchParams.get("options") ?? "";
  // What stands in the URL would win over what stands beside it.
  for (const name of ["options", "application_name"]) url.searchParams.delete(name);
  return {
    connectionString: url.toString(),
    application_name: applicationName,
    options: [
      own,
      SEARCH_PATH,
      role ? `-c role=${role}` : "",
      idleInTransactionMs ? `-c idle_in_transaction_session_timeout=${idleInTransactionMs}` : "",
    ]
      .filter(Boolean)
      .join(" "),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  };
}

/** Throws `CONFIGURATION_INVALID` without repeating the URL, which holds a password. */
function parseDatabaseUrl(databaseUrl: string): URL {
  const url = URL.parse(databaseUrl);
  if (url && /^postgres(?:ql)?:$/.test(url.protocol) && url.pathname.length > 1) return url;
  throw new AppError("CONFIGURATION_INVALID", {
    params: { issues: "DATABASE_URL must read postgresql://user:password@host:port/database" },
  });
}

export const databaseName = (databaseUrl: string): string =>
  decodeURIComponent(parseDatabaseUrl(databaseUrl).pathname.slice(1));
