import { AppError } from "@millrace/shared";
import { Client } from "pg";
import { connectionConfig } from "../connection.ts";
import { createOrm } from "../orm.ts";
import { installQueue } from "../queue/install-queue.ts";
import { isConnectionFailure } from "../connection-failure.ts";
import { grantPrivileges } from "./grants.ts";
import { ensureRoles } from "./roles.ts";

/** Any number that nobody else takes in this database; it spells "millrace" on a telephone. */
const MIGRATION_LOCK = 64557223;
const APPLICATION_NAME = "millrace migrate";

/**
 * Brings the database to the shape that this build expects: roles, tables, the queue's schema, grants. Any number of
 * processes may do so at once, one waits for the other; on an up-to-date database it changes nothing. Throws
 * `CONFIGURATION_INVALID` when the role of the URL lacks a right, `DATABASE_UNAVAILABLE` when nothing answers.
 */
export async function migrateStore(databaseUrl: string): Promise<void> {
  const client = new Client(connectionConfig({ databaseUrl, applicationName: APPLICATION_NAME }));
  client.on("error", () => {});
  try {
    await client.connect();
    await client.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
    await ensureRoles(client);
    await migrateTables(databaseUrl);
    await installQueue(databaseUrl);
    await grantPrivileges(client);
  } catch (error) {
    throw isConnectionFailure(error) ? new AppError("DATABASE_UNAVAILABLE", { cause: error }) : error;
  } finally {
    // Ends the session, and the lock with it.
    await client.end();
  }
}

async function migrateTables(databaseUrl: string): Promise<void> {
  const orm = createOrm({ databaseUrl, applicationName: APPLICATION_NAME, poolSize: 1 });
  try {
    await orm.migrator.up();
  } finally {
    await orm.close();
  }
}
