import { AppError } from "@millrace/shared";

/**
 * Instants at which a death, an error or a standstill would be worst. Tests switch them on; otherwise reaching one costs a
 * comparison with `undefined`. Each name says what has just happened or is about to.
 */
export const FAILPOINTS = [
  // In the worker
  "before-claim",
  "after-claim",
  "before-heartbeat",
  "while-cancelling",
  "before-run-finish",
  "after-run-finish",
  // In the run's process
  "after-source-begin",
  "after-fence-raise",
  "after-stage-commit",
  "after-snapshot-export",
  "before-chunk-keep",
  "mid-copy-out",
  "mid-copy-in",
  "before-chunk-digest",
  "before-chunk-record",
  "before-chunk-commit",
  "after-chunk-commit",
  "before-publish",
  "before-merge",
  "during-swap",
  "before-publish-commit",
  "after-publish-commit",
  "before-stage-drop",
  "before-quarantine-keep",
  "after-quarantine-keep",
  "before-replay-commit",
  "after-replay-commit",
  "after-replay-settle",
] as const;
export type Failpoint = (typeof FAILPOINTS)[number];

/** `kill`: the process dies as by `kill -9`, and those in `victims` with it. `error`: a lost connection. `hang`: for ever. */
type Action = "kill" | "error" | "hang";

interface Trap {
  readonly name: string;
  readonly action: Action;
  /** At which of its hits it goes off, from 1. */
  hitsLeft: number;
}

interface Armed {
  readonly traps: readonly Trap[];
  readonly victims: readonly number[];
}

let armed: Armed | undefined;

const SPEC = new RegExp(`^(${FAILPOINTS.join("|")})=(kill|error|hang)(?:@([1-9]\\d{0,5}))?$`);

/**
 * Switches failpoints on: `after-chunk-commit=kill@3,during-swap=error`. Each goes off once. Without a text all are off. A
 * process that dies takes the `victims` with it: a run's process its worker, as when a machine dies. Throws
 * `CONFIGURATION_INVALID`.
 */
export function armFailpoints(spec: string | undefined, victims: readonly number[] = []): void {
  armed = spec === undefined ? undefined : { traps: spec.split(",").map(parseTrap), victims };
}

function parseTrap(part: string): Trap {
  const [, name, action, hit] = SPEC.exec(part.trim()) ?? [];
  if (!name || !action) {
    throw new AppError("CONFIGURATION_INVALID", { params: { issues: `${part.slice(0, 60)} is no failpoint` } });
  }
  return { name, action: action as Action, hitsLeft: Number(hit ?? 1) };
}

/** To be awaited where waiting is possible; elsewhere only `kill` has an effect. */
export function failpoint(name: Failpoint): Promise<void> | undefined {
  return armed === undefined ? undefined : reach(name, armed);
}

function reach(name: Failpoint, { traps, victims }: Armed): Promise<void> | undefined {
  const trap = traps.find((candidate) => candidate.name === name && candidate.hitsLeft > 0);
  if (!trap || --trap.hitsLeft > 0) return undefined;
  switch (trap.action) {
    case "kill":
      for (const pid of [...victims, process.pid]) process.kill(pid, "SIGKILL");
      return undefined;
    case "error":
      return Promise.reject(new AppError("CONNECTION_LOST", { params: { side: "destination" } }));
    case "hang":
      return new Promise(() => {});
  }
}
