import type { Connection, Connector, OpenOptions } from "@millrace/engine";
import { describeTable } from "./postgres-catalog.ts";
import { parsePostgresUrl, PostgresConfig } from "./postgres-config.ts";
import { testConnection } from "./postgres-connection-checks.ts";
import { postgresDestination } from "./postgres-destination.ts";
import { postgresGuide } from "./postgres-guide.ts";
import { openSession } from "./postgres-session.ts";
import { postgresSource } from "./postgres-source.ts";
import { listTables, preview } from "./postgres-tables.ts";
import { compareTypes } from "./postgres-type-change.ts";

/** PostgreSQL 13 to 18 as either end of a pipeline. */
export const postgresConnector: Connector<PostgresConfig, "postgresql"> = {
  type: "postgresql",
  title: "PostgreSQL",
  defaultPort: 5432,
  capabilities: {
    canRead: true,
    canWrite: true,
    hasDigest: true,
    canMap: true,
    canMerge: true,
    canKeepHistory: true,
    canCapture: false,
  },
  configSchema: PostgresConfig,
  exampleUrl: "postgres://millrace@db.example.com:5432/shop?sslmode=require",
  guide: postgresGuide,
  compareTypes,
  parseUrl: parsePostgresUrl,
  open: openConnection,
  test: testConnection,
};

async function openConnection(config: PostgresConfig, options: OpenOptions): Promise<Connection> {
  const session = await openSession(config, options);
  return {
    connector: postgresConnector,
    side: session.side,
    identity: session.identity,
    listTables: (signal) => session.abortable(signal, () => listTables(session)),
    describe: (table, signal) => session.abortable(signal, () => describeTable(session, table)),
    preview: (table, limit, signal) => session.abortable(signal, () => preview(session, table, limit)),
    source: postgresSource(session),
    destination: postgresDestination(session),
    close: () => session.close(),
  };
}
