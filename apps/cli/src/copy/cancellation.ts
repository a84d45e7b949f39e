/** The shells' exit code for an interrupted command: 128 and the number of SIGINT. */
export const EXIT_CANCELLED = 130;

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

export interface Cancellation extends Disposable {
  readonly signal: AbortSignal;
}

/** The first SIGINT or SIGTERM aborts the signal, so that servers are told and all is rolled back; a second one exits at once. */
export function cancelOnSignals(): Cancellation {
  const controller = new AbortController();
  const listener = () => {
    if (controller.signal.aborted) process.exit(EXIT_CANCELLED);
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, listener);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const name of SIGNALS) process.off(name, listener);
    },
  };
}
