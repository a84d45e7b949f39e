import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Binaries } from "./binaries.ts";
import type { Cluster } from "./cluster.ts";
import { embeddedError } from "./embedded-error.ts";
import type { ServerUser } from "./server-user.ts";

/** A server process that runs on the cluster, whoever started it. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
}

const POLL_MS = 15;
/** Crash recovery replays at most a checkpoint's worth of log; a minute is far beyond that. */
const START_TIMEOUT_MS = 60_000;
/** A fast shutdown writes one checkpoint. After that time the server is told to drop everything: recovery mends it. */
const STOP_TIMEOUT_MS = 30_000;

/** What a product beside its data needs: one machine, tens of connections, a small share of the memory. */
const SETTINGS = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "150",
  shared_buffers: "64MB",
  maintenance_work_mem: "64MB",
  // Change capture from the sample's databases.
  wal_level: "logical",
  password_encryption: "scram-sha-256",
  // Compiling queries costs more than it saves on queries of milliseconds.
  jit: "off",
  // The log is for the operator: statements and details may hold values of rows.
  log_min_error_statement: "panic",
  log_error_verbosity: "terse",
  log_parameter_max_length_on_error: "0",
};

/** Faster, and gone with a crash of the machine: for tests only. */
const UNSAFE_SETTINGS = { fsync: "off", synchronous_commit: "off", full_page_writes: "off" };

export interface StartOptions {
  readonly port: number;
  readonly isDurable: boolean;
}

/**
 * The server that runs on the cluster already, once it answers; null when none does. A `postmaster.pid` that a crash left
 * behind counts as none, also when its process number belongs to somebody else by now.
 */
export async function findPostmaster(cluster: Cluster): Promise<Postmaster | null> {
  const pidFile = join(cluster.clusterDir, "postmaster.pid");
  const pid = pidIn(pidFile);
  if (pid === null) return null;
  if (isPostmasterOf(cluster, pid)) return waitUntilReady(cluster, pid);
  rmSync(pidFile, { force: true });
  return null;
}

/** Starts a server that outlives us unless it is stopped. Throws `EMBEDDED_DATABASE_FAILED`, also when the port is taken. */
export async function startPostmaster(
  cluster: Cluster,
  binaries: Binaries,
  options: StartOptions,
  user?: ServerUser,
): Promise<Postmaster> {
  const settings = { ...SETTINGS, port: String(options.port), ...(options.isDurable ? {} : UNSAFE_SETTINGS) };
  const log = openSync(cluster.logFile, "a", 0o600);
  let child: ChildProcess;
  try {
    child = spawn(
      binaries.postgres,
      ["-D", cluster.clusterDir, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
      {
        ...user,
        cwd: cluster.clusterDir,
        env: { LC_ALL: "C" },
        // A group of its own: Ctrl-C on our terminal must not stop the database before we have finished with it.
        detached: true,
        stdio: ["ignore", log, log],
      },
    );
  } finally {
    closeSync(log);
  }
  const { promise: failed, reject } = Promise.withResolvers<never>();
  child.once("error", reject);
  child.unref();
  return child.pid === undefined ? failed : waitUntilReady(cluster, child.pid);
}

/** Stops the server after it has written a checkpoint, and resolves once it is gone. */
export async function stopPostmaster(cluster: Cluster, { pid }: Postmaster): Promise<void> {
  signal(pid, "SIGINT");
  if (await isGoneWithin(cluster, pid, STOP_TIMEOUT_MS)) return;
  signal(pid, "SIGQUIT");
  await isGoneWithin(cluster, pid, STOP_TIMEOUT_MS);
}

async function waitUntilReady(cluster: Cluster, pid: number): Promise<Postmaster> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadline) {
    const ready = readyIn(join(cluster.clusterDir, "postmaster.pid"));
    if (ready?.pid === pid) return ready;
    if (!isPostmasterOf(cluster, pid)) throw embeddedError("the server ended at once", `Look at ${cluster.logFile}.`);
    await delay(POLL_MS);
  }
  throw embeddedError("it does not answer", `Look at ${cluster.logFile}.`);
}

async function isGoneWithin(cluster: Cluster, pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    if (!isPostmasterOf(cluster, pid)) return true;
    await delay(POLL_MS);
  }
  return false;
}

/** Lines of `postmaster.pid`: pid, data directory, start time, port, socket directory, address, shared memory, status. */
const linesOf = (pidFile: string): string[] => (existsSync(pidFile) ? readFileSync(pidFile, "utf8").split("\n") : []);

function pidIn(pidFile: string): number | null {
  const pid = Number.parseInt(linesOf(pidFile)[0] ?? "", 10);
  return pid > 0 ? pid : null;
}

function readyIn(pidFile: string): Postmaster | null {
  const lines = linesOf(pidFile);
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  return lines[7]?.trim() === "ready" && pid > 0 && port > 0 ? { pid, port } : null;
}

function isPostmasterOf(cluster: Cluster, pid: number): boolean {
  return commandOf(pid)?.includes(cluster.clusterDir) ?? false;
}

/** The command line of a process; undefined when there is none. A process that ended and waits to be reaped has an empty one. */
function commandOf(pid: number): string | undefined {
  try {
    if (existsSync("/proc/self")) return readFileSync(`/proc/${pid}/cmdline`, "utf8");
    return execFileSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8", stdio: "pipe" });
  } catch {
    return undefined;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
