import { startEmbeddedPostgres } from "@millrace/db/embedded";
import { join } from "node:path";
import { Client } from "pg";
import type { Stage } from "./environment.ts";

/** A database inside the product's own server, with a role of its own, as a user would have one. */
export interface JourneyDatabase {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly username: string;
  readonly password: string;
  /** As a user would paste it. */
  readonly url: string;
}

export async function makeJourneyDatabase(stage: Stage, name: string, sql: string): Promise<JourneyDatabase> {
  // The product's server is running, so this starts nothing and must stop nothing.
  const server = await startEmbeddedPostgres({ dataDir: join(stage.dataDir, "postgres") });
  const password = `only for ${name}`;
  await server.ensureRole(name, password);
  await server.recreateDatabase(name, name);
  const { host, port } = server;
  const client = new Client({ host, port, user: name, password, database: name });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
  const url = `postgres://${name}:${encodeURIComponent(password)}@${host}:${port}/${name}?sslmode=disable`;
  return { host, port, database: name, username: name, password, url };
}
