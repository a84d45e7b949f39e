import { randomBytes } from "node:crypto";
import { Client } from "pg";
import type { EmbeddedPostgres } from "../embedded/embedded-postgres.ts";

export interface TestServer {
  /** A superuser's. */
  url(database?: string): string;
  readonly host: string;
  readonly port: number;
  /** The server's major version. */
  readonly major: number;
  /** A new, empty database of the superuser's; returns its URL. */
  createDatabase(prefix?: string): Promise<string>;
}

export function asTestServer(server: EmbeddedPostgres, major: number): TestServer {
  return {
    host: server.host,
    port: server.port,
    major,
    url: (database) => server.superuserUrl(database),
    createDatabase: async (prefix = "data") => {
      const name = newName(prefix);
      await execute(server.superuserUrl(), `create database ${name}`);
      return server.superuserUrl(name);
    },
  };
}

export const newName = (prefix: string): string => `${prefix}_${randomBytes(6).toString("hex")}`;

export async function execute(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
