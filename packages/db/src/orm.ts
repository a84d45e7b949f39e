import { join } from "node:path";
import { Migrator } from "@mikro-orm/migrations";
import { defineConfig, MikroORM, type Options } from "@mikro-orm/postgresql";
import type { Pool } from "pg";
import { type ConnectionSettings, connectionConfig, databaseName } from "./connection.ts";
import { entities } from "./entities/index.ts";
import { dropBrokenClients } from "./pool.ts";

export interface OrmSettings extends ConnectionSettings {
  readonly poolSize: number;
  /** Told of connections that broke. */
  readonly onError?: (error: unknown) => void;
}

/** What the ORM's command line and the store share. Nothing connects before the first statement. */
export function ormOptions(settings: OrmSettings): Options {
  return defineConfig({
    entities: [...entities],
    extensions: [Migrator],
    dbName: databaseName(settings.databaseUrl),
    driverOptions: {
      ...connectionConfig(settings),
      max: settings.poolSize,
      onPoolCreated: (pool: Pool) => dropBrokenClients(pool, settings.onError ?? (() => {})),
    },
    ensureDatabase: false,
    // Composite keys make parent and child one tenant's, so a join for the parent's filter would only cost.
    autoJoinRefsForFilters: false,
    forceUtcTimezone: true,
    // Statements and values stay out of every log; what fails is thrown.
    logger: () => {},
    schemaGenerator: { ignoreSchema: ["auth", "pgboss", "millrace"], disableForeignKeys: false },
    migrations: {
      path: join(import.meta.dirname, "migrations"),
      emit: "ts",
      fileName: (timestamp, name) => `${timestamp}_${name ?? "change"}`,
      snapshot: true,
      snapshotName: "schema.snapshot",
      // The snapshot is written by `migration:create` only; a server that migrates has no business with the source.
      snapshotOnMigrate: false,
      // Superusers only could switch foreign keys off.
      disableForeignKeys: false,
      transactional: true,
      allOrNothing: true,
    },
  });
}

export const createOrm = (settings: OrmSettings): MikroORM => new MikroORM(ormOptions(settings));
