import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { freePort } from "./product.ts";

const WEB = join(import.meta.dirname, "../../../web");
const START_TIMEOUT_MS = 60_000;

export interface DevServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** The web app as developers have it, with the pages that only they see. */
export async function startDevServer(): Promise<DevServer> {
  const port = await freePort();
  const vite = join(WEB, "node_modules/vite/bin/vite.js");
  const child = spawn(process.execPath, [vite, "--host", "127.0.0.1", "--port", String(port), "--strictPort"], {
    cwd: WEB,
    stdio: ["ignore", "pipe", "pipe"],
  });
  await untilReady(child);
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}

function untilReady(child: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let output = "";
  const fail = (why: string) => reject(new Error(`The development server ${why}. It printed:\n${output}`));
  const timer = setTimeout(() => fail(`was not ready within ${START_TIMEOUT_MS / 1000} s`), START_TIMEOUT_MS);
  const read = (chunk: Buffer) => {
    output += chunk.toString();
    if (/ready in/.test(output)) resolve();
  };
  child.stdout?.on("data", read);
  child.stderr?.on("data", read);
  child.once("error", (error) => fail(`could not be started: ${error.message}`));
  child.once("exit", (code, signal) => fail(`ended with ${signal ?? code}`));
  return promise.finally(() => clearTimeout(timer));
}
