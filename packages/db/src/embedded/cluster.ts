import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { type Binaries, ROOT_STATE_DIR } from "./binaries.ts";
import { embeddedError } from "./embedded-error.ts";
import { canReach, giveTo, type ServerUser } from "./server-user.ts";

/** The files of one embedded server. Everything of it is below `dataDir`. */
export interface Cluster {
  readonly dataDir: string;
  /** PostgreSQL's own data directory. */
  readonly clusterDir: string;
  readonly logFile: string;
  readonly portFile: string;
}

export interface OpenCluster extends Cluster {
  readonly password: string;
}

export const clusterFiles = (dataDir: string): Cluster => ({
  dataDir,
  clusterDir: join(dataDir, "cluster"),
  logFile: join(dataDir, "server.log"),
  portFile: join(dataDir, "port"),
});

export const SUPERUSER = "postgres";

/**
 * The cluster in `dataDir`, made by initdb if there is none: SCRAM passwords only, and a random one for the superuser, which
 * lives in a file that only its owner can read. An initdb that was cut short is done again.
 */
export async function openCluster(dataDir: string, binaries: Binaries, user?: ServerUser): Promise<OpenCluster> {
  const cluster = clusterFiles(reachableDir(resolve(dataDir), user));
  const passwordFile = join(cluster.dataDir, "superuser-password");
  if (!existsSync(join(cluster.clusterDir, "PG_VERSION"))) {
    const unfinished = join(cluster.dataDir, "cluster.unfinished");
    rmSync(unfinished, { recursive: true, force: true });
    writeFileSync(passwordFile, randomBytes(24).toString("base64url"), { mode: 0o600 });
    await initialise(unfinished, passwordFile, binaries, user);
    renameSync(unfinished, cluster.clusterDir);
  }
  return { ...cluster, password: readFileSync(passwordFile, "utf8") };
}

/** Below a home directory that is closed to the server's user root keeps the data elsewhere, always in the same place. */
function reachableDir(dataDir: string, user: ServerUser | undefined): string {
  mkdirSync(dataDir, { recursive: true, mode: user ? 0o755 : 0o700 });
  // The server's user passes through on its way to the cluster and can list nothing here.
  if (user) chmodSync(dataDir, 0o711);
  if (canReach(dataDir, user)) return dataDir;
  const elsewhere = join(ROOT_STATE_DIR, "data", dataDir.replaceAll("/", "_"));
  mkdirSync(elsewhere, { recursive: true, mode: 0o711 });
  return elsewhere;
}

async function initialise(dir: string, passwordFile: string, binaries: Binaries, user?: ServerUser): Promise<void> {
  mkdirSync(dir, { mode: 0o700 });
  giveTo(dir, user);
  giveTo(passwordFile, user);
  try {
    await promisify(execFile)(
      binaries.initdb,
      [
        `--pgdata=${dir}`,
        `--username=${SUPERUSER}`,
        `--pwfile=${passwordFile}`,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        ...binaries.localeArgs,
        // Nothing is lost if the machine fails now: the cluster has its name only once initdb is done.
        "--no-sync",
      ],
      { ...user, cwd: dir, env: { LC_ALL: "C" } },
    );
  } catch (cause) {
    rmSync(dir, { recursive: true, force: true });
    const { stderr } = cause as { stderr?: string };
    const reason = stderr?.split("\n").find((line) => line.startsWith("initdb: error"));
    throw embeddedError(
      reason ?? "initdb failed",
      "Check that the data directory can be written and has 100 MB.",
      cause,
    );
  } finally {
    if (user) giveTo(passwordFile, { uid: 0, gid: 0 });
  }
}
