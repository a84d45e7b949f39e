import type { Connection, Connector, OpenOptions } from "@millrace/engine";
import { type ConnectionCheck, parseTableName, toAppError } from "@millrace/shared";
import { MemoryConfig, parseMemoryUrl } from "./memory-config.ts";
import { describe, previewOf, summaryOf } from "./memory-describe.ts";
import { memoryDestination } from "./memory-destination.ts";
import { MemorySession } from "./memory-session.ts";
import { memorySource } from "./memory-source.ts";

/**
 * Databases inside of this process, as either end of a pipeline: the smallest system that keeps the whole contract, for tests of
 * the contract and of whatever drives it. It is in no registry, since what it holds is gone with the process.
 */
export const memoryConnector: Connector<MemoryConfig, "memory"> = {
  type: "memory",
  title: "Memory",
  defaultPort: null,
  capabilities: {
    canRead: true,
    canWrite: true,
    hasDigest: true,
    canMap: false,
    canMerge: true,
    canKeepHistory: false,
    canCapture: false,
  },
  configSchema: MemoryConfig,
  exampleUrl: "memory://shop",
  guide: { identifierQuote: '"', parts: [] },
  parseUrl: parseMemoryUrl,
  open: async (config, options) => connect(new MemorySession(config.database, options)),
  test: testConnection,
};

function connect(session: MemorySession): Connection {
  const { database } = session;
  return {
    connector: memoryConnector,
    side: session.side,
    identity: database.identity,
    listTables: (signal) =>
      session.run(signal, () =>
        [...database.tables]
          .map(([name, table]) => summaryOf(parseTableName(name), table))
          .sort((a, b) => compare(a.schema, b.schema) || compare(a.name, b.name)),
      ),
    describe: (table, signal) =>
      session.run(signal, () => {
        const found = database.table(table);
        return found ? describe(table, found) : null;
      }),
    preview: (table, limit, signal) =>
      session.run(signal, () => previewOf(database.table(table) ?? { columns: [], rows: [] }, limit)),
    source: memorySource(session),
    destination: memoryDestination(session),
    close: async () => session.close(),
  };
}

const compare = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

async function testConnection({ database }: MemoryConfig, options: OpenOptions): Promise<ConnectionCheck[]> {
  try {
    new MemorySession(database, options).close();
    return [{ name: "Database", status: "passed", message: "The database is there", code: null, hint: null }];
  } catch (error) {
    const { code, message, hint } = toAppError(error).toSummary();
    return [{ name: "Database", status: "failed", message, code, hint }];
  }
}
