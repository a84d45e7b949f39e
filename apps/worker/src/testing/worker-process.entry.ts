/** A worker in a process of its own, for tests that kill, stop or signal one: `node worker-process.entry.ts DATABASE_URL [FAILPOINTS]`. */
import { openStore, SecretBox } from "@millrace/db";
import { flushCompileCache } from "node:module";
import { pino } from "pino";
import { startWorker } from "../worker.ts";
import { SECRET_KEY, SHORT_LEASE_SECONDS, SHORT_TIMING } from "./timing.ts";

const [, , databaseUrl = "", failpoints] = process.argv;
const store = openStore({ databaseUrl, applicationName: "worker process", leaseSeconds: SHORT_LEASE_SECONDS });
const worker = await startWorker({
  store,
  secretBox: new SecretBox(SECRET_KEY),
  logger: pino({ level: "silent" }),
  allowPrivateNetworks: true,
  timing: SHORT_TIMING,
  failpoints,
});
process.once("SIGTERM", () => {
  void worker
    .stop(300)
    .then(() => store.close())
    .then(() => process.exit(0));
});
// A worker that is killed would leave no compiled code to the next one.
flushCompileCache();
process.stdout.write("ready\n");
