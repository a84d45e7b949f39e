import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inject } from "vitest";
import type { EmbeddedPostgres } from "../embedded/embedded-postgres.ts";
import { migrateStore } from "../migrate/migrate-store.ts";
import { sharedServer, withLock } from "./shared-servers.ts";
import { asTestServer, execute, newName, type TestServer } from "./test-server.ts";

export { debianServer } from "./debian-server.ts";
export type { TestServer };

export interface TestDatabase {
  /** As the role that owns the tables, which is no superuser. */
  readonly url: string;
  /** The same database past every policy, to look at what is there. */
  readonly superuserUrl: string;
  readonly name: string;
  /** The server's end does it too. */
  drop(): Promise<void>;
}

const TEMPLATE = "millrace_template";
const OWNER = "millrace";
const OWNER_PASSWORD = "owner-of-test-databases";
/** `@embedded-postgres` is of this version. */
const EMBEDDED_MAJOR = 18;

/** A migrated database of the caller's own, copied from a template in about 40 ms. */
export async function testDatabase(): Promise<TestDatabase> {
  const server = await embeddedServer();
  await ensureTemplate(server);
  const name = newName("test");
  const asSuperuser = (sql: string) => execute(server.superuserUrl(), sql);
  await asSuperuser(`create database ${name} template ${TEMPLATE} owner ${OWNER} strategy file_copy`);
  return {
    name,
    url: ownerUrl(server, name),
    superuserUrl: server.superuserUrl(name),
    drop: () => asSuperuser(`drop database if exists ${name} with (force)`),
  };
}

/** An empty database of the same owner, for tests of the migration itself. */
export async function emptyDatabase(): Promise<TestDatabase> {
  const server = await embeddedServer();
  await ensureTemplate(server);
  const name = newName("empty");
  await execute(server.superuserUrl(), `create database ${name} owner ${OWNER}`);
  return {
    name,
    url: ownerUrl(server, name),
    superuserUrl: server.superuserUrl(name),
    drop: () => execute(server.superuserUrl(), `drop database if exists ${name} with (force)`),
  };
}

/** The embedded server as a data system of its own, for tests of connectors. */
export async function testServer(): Promise<TestServer> {
  return asTestServer(await embeddedServer(), EMBEDDED_MAJOR);
}

const embeddedServer = (): Promise<EmbeddedPostgres> => sharedServer(inject("testRunDir"), "embedded");

const ownerUrl = (server: EmbeddedPostgres, database: string): string =>
  `postgresql://${OWNER}:${OWNER_PASSWORD}@${server.host}:${server.port}/${database}`;

async function ensureTemplate(server: EmbeddedPostgres): Promise<void> {
  const runDir = inject("testRunDir");
  const marker = join(runDir, "template-is-ready");
  if (existsSync(marker)) return;
  await withLock(runDir, "template", async () => {
    if (existsSync(marker)) return;
    await server.ensureRole(OWNER, OWNER_PASSWORD);
    await execute(server.superuserUrl(), `alter role ${OWNER} createrole`);
    await server.recreateDatabase(TEMPLATE, OWNER);
    await migrateStore(ownerUrl(server, TEMPLATE));
    writeFileSync(marker, "");
  });
}
