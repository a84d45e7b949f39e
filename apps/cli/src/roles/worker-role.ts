import { createLogger, SecretRegister } from "@millrace/api/logging";
import { migrateStore, openStore, SecretBox } from "@millrace/db";
import { startWorker } from "@millrace/worker";
import { environmentWith, sharedDatabase } from "./environment.ts";
import { untilSignal } from "./signals.ts";

/** Runs under way get this long to end by themselves before they are handed to another worker. */
const GRACE_MS = 30_000;

/** Works until a signal. */
export async function runWorkerRole(): Promise<void> {
  const environment = environmentWith({});
  const { databaseUrl, secretKey } = sharedDatabase(environment);
  const signal = untilSignal();
  const secrets = new SecretRegister();
  secrets.add(secretKey);
  secrets.add(databaseUrl);
  await migrateStore(databaseUrl);
  const store = openStore({ databaseUrl, applicationName: "millrace worker" });
  try {
    const worker = await startWorker({
      store,
      secretBox: new SecretBox(secretKey),
      logger: createLogger({ level: environment.logLevel, secrets }),
      concurrency: environment.workerConcurrency,
      failpoints: environment.failpoints,
      allowPrivateNetworks: environment.allowPrivateNetworks,
    });
    await signal;
    await worker.stop(GRACE_MS);
  } finally {
    await store.close();
  }
}
