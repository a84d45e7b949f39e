import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";

const LAUNCHER = join(import.meta.dirname, "../../../../millrace");
/** The first start makes a database, migrates it and loads the sample. */
const START_TIMEOUT_MS = 180_000;
/** Its database alone may take half a minute to write what it holds to a slow disk. */
const STOP_TIMEOUT_MS = 120_000;

export interface Product {
  readonly url: string;
  readonly setUpUrl: string;
  /** Stops it as Ctrl-C would, and rejects unless it ends by itself and cleanly. */
  stop(): Promise<void>;
}

export interface ProductOptions {
  /** Whether the first start loads the sample, as `npm start` does. */
  readonly isWithSample?: boolean;
}

/** Starts the real product as a newcomer would, on an empty data directory, and resolves once it prints its set-up link. */
export async function startProduct(dataDir: string, { isWithSample = true }: ProductOptions = {}): Promise<Product> {
  const port = await freePort();
  const child = spawn(
    LAUNCHER,
    ["start", "--port", String(port), "--data-dir", dataDir, ...(isWithSample ? ["--sample"] : [])],
    {
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const printed = keepOutput(child);
  const setUpUrl = await linkIn(child, printed);
  return { url: `http://127.0.0.1:${port}`, setUpUrl: withHost(setUpUrl, port), stop: () => stop(child, printed) };
}

/** All that the process has printed so far, for the message of whoever finds it dead. */
function keepOutput(child: ChildProcess): () => string {
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => chunks.push(String(chunk)));
  return () => chunks.join("");
}

/** The journeys use one spelling of loopback: cookies belong to a host. */
const withHost = (link: string, port: number): string => {
  const url = new URL(link);
  return `http://127.0.0.1:${port}${url.pathname}${url.search}`;
};

function linkIn(child: ChildProcess, printed: () => string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const fail = (why: string) => reject(new Error(`The product ${why}. It printed:\n${printed()}`));
  const timer = setTimeout(() => fail(`printed no set-up link within ${START_TIMEOUT_MS / 1000} s`), START_TIMEOUT_MS);
  const read = () => {
    const link = /https?:\/\/\S+\/setup\?token=[\w.~%-]+/.exec(printed())?.[0];
    if (link) resolve(link);
  };
  child.stdout?.on("data", read);
  child.stderr?.on("data", read);
  child.once("error", (error) => fail(`could not be started: ${error.message}`));
  child.once("exit", (code, signal) => fail(`ended with ${signal ?? code}`));
  return promise.finally(() => clearTimeout(timer));
}

function stop(child: ChildProcess, printed: () => string): Promise<void> {
  if (child.exitCode !== null)
    return Promise.reject(new Error(`The product had ended before. It printed:\n${printed()}`));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    child.kill("SIGKILL");
    reject(new Error(`The product did not stop within ${STOP_TIMEOUT_MS / 1000} s. It printed:\n${printed()}`));
  }, STOP_TIMEOUT_MS);
  // Unlike `exit`, this comes after the last of its output.
  child.once("close", (code, signal) => {
    clearTimeout(timer);
    if (code === 0) resolve();
    else reject(new Error(`The product stopped with ${signal ?? code} instead of 0. It printed:\n${printed()}`));
  });
  child.kill("SIGINT");
  return promise;
}

/** A port that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const server = createServer().listen(0, "127.0.0.1", () => {
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    server.close(() => resolve(port));
  });
  return promise;
}
