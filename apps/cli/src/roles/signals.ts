import { EXIT_FAILURE } from "../terminal.ts";

/** Resolves at the first SIGINT or SIGTERM. A second one ends the process at once, whatever is still open. */
export function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    let isStopping = false;
    const onSignal = () => {
      if (isStopping) process.exit(EXIT_FAILURE);
      isStopping = true;
      resolve();
    };
    process.on("SIGINT", onSignal);
    process.on("SIGTERM", onSignal);
  });
}
