import type { Connection, Connector, OpenOptions } from "@millrace/engine";
import { describeTable } from "./postgres-catalog.ts";
import { checkSession } from "./postgres-checks.ts";
import { parsePostgresUrl, PostgresConfig } from "./postgres-config.ts";
import { postgresDestination } from "./postgres-destination.ts";
import { openSession } from "./postgres-session.ts";
import { postgresSource } from "./postgres-source.ts";
import { listTables, preview } from "./postgres-tables.ts";

/** PostgreSQL 13 to 18 as either end of a pipeline. */
export const postgresConnector: Connector<PostgresConfig> = {
  type: "postgresql",
  title: "PostgreSQL",
  defaultPort: 5432,
  capabilities: { canRead: true, canWrite: true, hasDigest: true, canCapture: false },
  configSchema: PostgresConfig,
  parseUrl: parsePostgresUrl,
  open: openConnection,
};

async function openConnection(config: PostgresConfig, options: OpenOptions): Promise<Connection> {
  const session = await openSession(config, options);
  return {
    connector: postgresConnector,
    side: session.side,
    identity: session.identity,
    check: (signal) => session.abortable(signal, () => checkSession(session)),
    listTables: (signal) => session.abortable(signal, () => listTables(session)),
    describe: (table, signal) => session.abortable(signal, () => describeTable(session, table)),
    preview: (table, limit, signal) => session.abortable(signal, () => preview(session, table, limit)),
    source: postgresSource(session),
    destination: postgresDestination(session),
    close: () => session.close(),
  };
}
