import { ormOptions } from "./src/orm.ts";

/** For the ORM's command line: `DATABASE_URL=… pnpm --filter @millrace/db migration:create --name add-something`. */
export default ormOptions({
  databaseUrl: process.env["DATABASE_URL"] ?? "postgresql://localhost/millrace",
  applicationName: "millrace migrations",
  poolSize: 1,
});
