import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findBinaries } from "../embedded/binaries.ts";
import type { Binaries } from "../embedded/binaries.ts";
import { clusterFiles } from "../embedded/cluster.ts";
import type { EmbeddedPostgres } from "../embedded/embedded-postgres.ts";
import { findPostmaster, stopPostmaster } from "../embedded/postmaster.ts";
import { findServerUser } from "../embedded/server-user.ts";
import { startCluster } from "../embedded/start-cluster.ts";

/** Servers are started by whichever test file asks first, in whatever process, and shared by all of the run. */
const LOCK_POLL_MS = 20;

/** The server in `runDir/name`, started if need be; with the platform's embedded PostgreSQL unless other executables are given. */
export async function sharedServer(runDir: string, name: string, binaries?: Binaries): Promise<EmbeddedPostgres> {
  return withLock(runDir, name, async () => {
    const user = findServerUser();
    const options = { dataDir: join(runDir, name), isDurable: false };
    return startCluster(binaries ?? (await findBinaries(user)), options, user);
  });
}

/** One holder of the name at a time among all processes of the test run. */
export async function withLock<Result>(runDir: string, name: string, work: () => Promise<Result>): Promise<Result> {
  mkdirSync(runDir, { recursive: true });
  const lock = join(runDir, `${name}.lock`);
  for (;;) {
    try {
      closeSync(openSync(lock, "wx"));
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      await delay(LOCK_POLL_MS);
    }
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Stops every server that was started below the folder. */
export async function stopServersBelow(runDir: string): Promise<void> {
  if (!existsSync(runDir)) return;
  for (const entry of readdirSync(runDir, { withFileTypes: true })) {
    const cluster = clusterFiles(join(runDir, entry.name));
    if (!entry.isDirectory() || !existsSync(cluster.clusterDir)) continue;
    const postmaster = await findPostmaster(cluster);
    if (postmaster) await stopPostmaster(cluster, postmaster);
  }
}
