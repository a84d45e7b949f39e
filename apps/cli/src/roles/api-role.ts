import { runApi } from "@millrace/api/main";
import { print } from "../terminal.ts";
import { environmentWith, sharedDatabase } from "./environment.ts";
import { untilSignal } from "./signals.ts";

/** Serves until a signal. */
export async function runApiRole(flags: { port?: string }): Promise<void> {
  const environment = environmentWith(flags);
  const signal = untilSignal();
  const api = await runApi({ ...environment, ...sharedDatabase(environment) });
  print(`Millrace API: ${api.url}`);
  if (api.setUpUrl) print(`Make the first account, within an hour: ${api.setUpUrl}`);
  await signal;
  await api.stop();
}
