import type { Environment } from "@millrace/api/env";
import { createLogger, SecretRegister } from "@millrace/api/logging";
import { type ApiOptions, runApi } from "@millrace/api/main";
import { openStore, SecretBox } from "@millrace/db";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "@millrace/db/embedded";
import { startWorker } from "@millrace/worker";
import type { StartOptions } from "../commands/start.command.ts";
import { Sample } from "../sample/sample.ts";
import { print } from "../terminal.ts";
import { DataDirectory } from "./data-directory.ts";
import { environmentWith } from "./environment.ts";
import { untilSignal } from "./signals.ts";
import { runSample } from "./start-sample.ts";

/** Ctrl-C is answered soon: a run that is not done by then starts again at the next start. */
const GRACE_MS = 3000;

/** What is open, in the order of its opening; stopped in the reverse. */
type Stops = (() => void | Promise<void>)[];

/** Starts everything in this process tree and serves until a signal. */
export async function runWholeProduct(options: StartOptions): Promise<void> {
  const environment = environmentWith(options);
  const signal = untilSignal();
  const stops: Stops = [];
  try {
    await start(environment, options, stops);
    await signal;
    print("\nStopping …");
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

async function start(environment: Environment, options: StartOptions, stops: Stops): Promise<void> {
  const { embedded, databaseUrl, secretKey, dataDir } = await openDatabase(environment, stops);
  const secrets = new SecretRegister();
  const logger = createLogger({ level: options.verbose ? environment.logLevel : "warn", secrets });
  const sample =
    embedded && dataDir !== null
      ? new Sample({
          dataDir,
          server: embedded,
          secretKey,
          onShopMade: printShop,
          onFailure: (error) => logger.error({ err: error }, "the sample could not be made"),
        })
      : null;
  const apiOptions: ApiOptions = {
    ...environment,
    databaseUrl,
    secretKey,
    logger,
    secrets,
    ...(sample && { sample }),
  };
  const api = await runApi(apiOptions);
  stops.push(() => api.stop());

  const store = openStore({ databaseUrl, applicationName: "millrace worker" });
  stops.push(() => store.close());
  const worker = await startWorker({
    store,
    secretBox: new SecretBox(secretKey),
    logger,
    concurrency: environment.workerConcurrency,
    failpoints: environment.failpoints,
    allowPrivateNetworks: environment.allowPrivateNetworks,
  });
  stops.push(() => worker.stop(GRACE_MS));

  if (options.sample && sample && !sample.isLoaded) await runSample(apiOptions, sample);
  print(`\nMillrace is running: ${api.url}`);
  print(
    api.setUpUrl
      ? `Make the first account with this link, once and within an hour:\n  ${api.setUpUrl}`
      : "Sign in with your account.",
  );
  print("Press Ctrl-C to stop.");
}

const printShop = (rowCount: number) =>
  print(`  sample_store      ${new Intl.NumberFormat("en-US").format(rowCount)} rows made`);

interface OpenDatabase {
  /** Null where DATABASE_URL names another. */
  readonly embedded: EmbeddedPostgres | null;
  readonly databaseUrl: string;
  readonly secretKey: string;
  readonly dataDir: string | null;
}

async function openDatabase(environment: Environment, stops: Stops): Promise<OpenDatabase> {
  const { databaseUrl, secretKey } = environment;
  // `readEnvironment` has seen to it that the key comes with the URL.
  if (databaseUrl !== null && secretKey !== null) return { embedded: null, databaseUrl, secretKey, dataDir: null };
  const directory = new DataDirectory(environment.dataDir);
  stops.push(() => directory.release());
  print("Starting PostgreSQL …");
  const embedded = await startEmbeddedPostgres({ dataDir: `${directory.path}/postgres` });
  stops.push(() => embedded.stop());
  return {
    embedded,
    databaseUrl: await embedded.platformUrl(),
    secretKey: secretKey ?? directory.secretKey(),
    dataDir: directory.path,
  };
}
