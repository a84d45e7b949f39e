import { findBinaries } from "./binaries.ts";
import type { EmbeddedPostgres } from "./embedded-postgres.ts";
import { findServerUser } from "./server-user.ts";
import { type EmbeddedOptions, startCluster } from "./start-cluster.ts";

export type { EmbeddedOptions, EmbeddedPostgres };

/**
 * A PostgreSQL server of Millrace's own, on loopback with passwords. A server that runs on the data directory already, left
 * by a process that was killed, is used as it is. `stop` is the caller's duty: the server outlives its starter. Throws
 * `EMBEDDED_DATABASE_FAILED`.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const user = findServerUser();
  return startCluster(await findBinaries(user), options, user);
}
