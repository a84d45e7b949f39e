import { type Environment, readEnvironment } from "@millrace/api/env";
import { AppError } from "@millrace/shared";

/** The environment with what the command line says over it. Throws `CONFIGURATION_INVALID`. */
export function environmentWith(flags: { port?: string | undefined; dataDir?: string | undefined }): Environment {
  const overrides = {
    ...(flags.port === undefined ? {} : { PORT: flags.port }),
    ...(flags.dataDir === undefined ? {} : { MILLRACE_DATA_DIR: flags.dataDir }),
  };
  return readEnvironment(undefined, overrides);
}

export interface SharedDatabase {
  readonly databaseUrl: string;
  readonly secretKey: string;
}

/** For a role of its own, which shares its database with others. Throws `CONFIGURATION_INVALID` when it is not told which. */
export function sharedDatabase({ databaseUrl, secretKey }: Environment): SharedDatabase {
  if (databaseUrl !== null && secretKey !== null) return { databaseUrl, secretKey };
  throw new AppError("CONFIGURATION_INVALID", {
    params: { issues: "DATABASE_URL is required here; `millrace start` brings a database of its own" },
  });
}
