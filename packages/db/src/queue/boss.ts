import { type ConstructorOptions, PgBoss } from "pg-boss";
import { connectionConfig } from "../connection.ts";

export const RUN_QUEUE = "run";

/** What every instance shares: the schema is there already, schedules and traces are not the queue's. */
export function createBoss(databaseUrl: string, applicationName: string, options: ConstructorOptions): PgBoss {
  return new PgBoss({
    ...(connectionConfig({ databaseUrl, applicationName }) as ConstructorOptions),
    schema: "pgboss",
    migrate: false,
    createSchema: false,
    schedule: false,
    supervise: false,
    registerInstance: false,
    openTelemetry: { enabled: false },
    ...options,
  });
}
