import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { startEmbeddedPostgres } from "@millrace/db/embedded";

export interface BenchServers extends AsyncDisposable {
  readonly urls: { readonly from: string; readonly to: string };
  readonly description: string;
  /** The postmasters; empty for servers that were named. */
  readonly pids: readonly number[];
}

/** The servers that were named, or two of this process's own below `workDir` that end with it. */
export async function startServers(named: { from?: string; to?: string }, workDir: string): Promise<BenchServers> {
  if (named.from !== undefined && named.to !== undefined) {
    const urls = { from: named.from, to: named.to };
    return { urls, description: "as given", pids: [], [Symbol.asyncDispose]: async () => {} };
  }
  const bin = findDebianServer();
  return bin === undefined ? startEmbedded(workDir) : startDebian(bin, workDir);
}

/** The newest server that Debian's packages have put here. */
function findDebianServer(): string | undefined {
  const root = "/usr/lib/postgresql";
  const versions = existsSync(root) ? readdirSync(root).map(Number).filter(Boolean) : [];
  return versions
    .sort((a, b) => b - a)
    .map((version) => join(root, String(version), "bin"))
    .find((folder) => existsSync(join(folder, "initdb")));
}

async function startEmbedded(workDir: string): Promise<BenchServers> {
  const servers = await Promise.all(
    ["from", "to"].map((name) => startEmbeddedPostgres({ dataDir: join(workDir, name) })),
  );
  const [from, to] = servers.map((server) => server.superuserUrl()) as [string, string];
  return {
    urls: { from, to },
    description: "two embedded PostgreSQL",
    pids: servers.map(({ pid }) => pid),
    [Symbol.asyncDispose]: async () => void (await Promise.all(servers.map((server) => server.stop()))),
  };
}

async function startDebian(bin: string, workDir: string): Promise<BenchServers> {
  const user = process.getuid?.() === 0 ? { uid: idOf("-u"), gid: idOf("-g") } : {};
  chmodSync(workDir, 0o711);
  const run = (program: string, args: readonly string[], cwd: string) =>
    execFileSync(join(bin, program), args, { ...user, cwd, stdio: "ignore" });
  const dirs: string[] = [];
  const urls: string[] = [];
  for (const name of ["from", "to"]) {
    const dir = join(workDir, name);
    mkdirSync(dir);
    if (user.uid !== undefined) chownSync(dir, user.uid, user.gid);
    const port = await freePort();
    run("initdb", ["-D", dir, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale", "C", "--no-sync"], dir);
    // Room for the whole table between two checkpoints, so that none falls into one contender and not into another.
    const settings = `-p ${port} -c listen_addresses=127.0.0.1 -k ${dir} -c shared_buffers=512MB -c max_wal_size=8GB`;
    run("pg_ctl", ["-D", dir, "-w", "-l", join(dir, "server.log"), "-o", settings, "start"], dir);
    dirs.push(dir);
    urls.push(`postgresql://postgres@127.0.0.1:${port}/postgres`);
  }
  const [from, to] = urls as [string, string];
  return {
    urls: { from, to },
    description: `two of ${bin}`,
    pids: dirs.map((dir) => Number.parseInt(readFileSync(join(dir, "postmaster.pid"), "utf8"), 10)),
    [Symbol.asyncDispose]: async () =>
      dirs.forEach((dir) => run("pg_ctl", ["-D", dir, "-m", "immediate", "stop"], dir)),
  };
}

/** PostgreSQL does not run as root; Debian's package makes this user. */
const idOf = (option: string) => Number(execFileSync("id", [option, "postgres"], { encoding: "utf8" }));

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
