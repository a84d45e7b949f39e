import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedPostgres } from "@millrace/db/embedded";
import { Client } from "pg";

const LAUNCHER = join(import.meta.dirname, "../../millrace");
const START_TIMEOUT_MS = 180_000;
const ACCOUNT = { username: "bench@example.com", password: "only for a benchmark" };

/** The real product with its sample, in a data directory of its own that goes with it. */
export interface BenchProduct extends AsyncDisposable {
  readonly url: string;
  /** The name and value of the session's cookie. */
  readonly cookie: { readonly name: string; readonly value: string };
  /** Connected to the platform's database past every policy, to put more into it than anybody would click together. */
  readonly platform: Client;
}

export async function startBenchProduct(port: number): Promise<BenchProduct> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-web-bench-"));
  // PostgreSQL never runs as root: the user that it runs as then must be able to reach its folder.
  await chmod(folder, 0o755);
  const dataDir = join(folder, "data");
  const child = spawn(LAUNCHER, ["start", "--port", String(port), "--data-dir", dataDir, "--sample"], {
    env: { ...process.env, MILLRACE_ADMIN_EMAIL: ACCOUNT.username, MILLRACE_ADMIN_PASSWORD: ACCOUNT.password },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = `http://127.0.0.1:${port}`;
  try {
    await running(child);
    const server = await startEmbeddedPostgres({ dataDir: join(dataDir, "postgres") });
    const database = new URL(await server.platformUrl()).pathname.slice(1);
    const platform = new Client({ connectionString: server.superuserUrl(database) });
    await platform.connect();
    const stop = async () => {
      await platform.end();
      await end(child);
      rmSync(folder, { recursive: true, force: true });
    };
    return { url, cookie: await signIn(url), platform, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function running(child: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error("the product did not start in time")), START_TIMEOUT_MS);
  let printed = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
    if (printed.includes("Millrace is running")) resolve();
  });
  child.once("exit", () => reject(new Error(`the product ended; it printed:\n${printed}`)));
  await promise.finally(() => clearTimeout(timer));
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGINT");
  await once(child, "exit");
}

async function signIn(url: string): Promise<{ name: string; value: string }> {
  const response = await fetch(`${url}/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(ACCOUNT),
  });
  const [pair = ""] = response.headers.getSetCookie()[0]?.split(";") ?? [];
  const at = pair.indexOf("=");
  if (!response.ok || at < 1) throw new Error(`signing in answered ${response.status}`);
  return { name: pair.slice(0, at), value: pair.slice(at + 1) };
}
