import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Binaries } from "./binaries.ts";
import { type Cluster, openCluster } from "./cluster.ts";
import { EmbeddedPostgres } from "./embedded-postgres.ts";
import { freePort } from "./free-port.ts";
import { findPostmaster, startPostmaster } from "./postmaster.ts";
import type { ServerUser } from "./server-user.ts";

export interface EmbeddedOptions {
  /** Everything of the server is below it; made if it is not there. One starter at a time. */
  readonly dataDir: string;
  /** Default: the port of the last start if it is still free, else any free one. */
  readonly port?: number;
  /** False leaves the data to the mercy of a power cut and is for tests. Default true. */
  readonly isDurable?: boolean;
}

/** A port that was free a moment ago can be taken by now. */
const START_ATTEMPTS = 3;

/** The server on the data directory, with these executables: the one that runs already, or a new one. */
export async function startCluster(
  binaries: Binaries,
  options: EmbeddedOptions,
  user?: ServerUser,
): Promise<EmbeddedPostgres> {
  const cluster = await openCluster(options.dataDir, binaries, user);
  const found = await findPostmaster(cluster);
  if (found) return new EmbeddedPostgres(cluster, found, true);
  const isDurable = options.isDurable ?? true;
  for (let attempt = 1; ; attempt++) {
    const port = await freePort(attempt === 1 ? (options.port ?? rememberedPort(cluster)) : undefined);
    try {
      const started = await startPostmaster(cluster, binaries, { port, isDurable }, user);
      writeFileSync(cluster.portFile, `${port}\n`);
      return new EmbeddedPostgres(cluster, started, false);
    } catch (error) {
      if (attempt === START_ATTEMPTS) throw error;
    }
  }
}

const rememberedPort = ({ portFile }: Cluster): number | undefined =>
  existsSync(portFile) ? Number.parseInt(readFileSync(portFile, "utf8"), 10) || undefined : undefined;
