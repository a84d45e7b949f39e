import { type ChildProcess, fork } from "node:child_process";
import {
  AppError,
  type ErrorSummary,
  type LogLevel,
  type RunCursor,
  type RunProgress,
  type RunProof,
  type SchemaAgreement,
  type SchemaReport,
  type TableShape,
  toAppError,
  type Verification,
} from "@millrace/shared";
import type { ComparisonResult, FromProcess, RunJobSpec, StopReason, ToProcess } from "./messages.ts";
import type { Answer, Question } from "./questions.ts";

/** Rows pass as bytes, so a run needs little; the limit keeps one bad run from taking the machine's memory. */
const MAX_HEAP_MB = 256;
/** How long a cancelled run may take to roll back before its process is killed, which rolls back as well. */
const CANCEL_GRACE_MS = 10_000;
const ENTRY = new URL("main.ts", import.meta.url);
const COMPILE_CACHE = process.env["NODE_COMPILE_CACHE"];

export interface RunListener {
  onProgress(progress: RunProgress): void;
  onCheckpoint(committedChunks: number): void;
  onLog(level: LogLevel, message: string, at: Date): void;
  /** What has changed since it was agreed, and what the source is now. */
  onSchema(report: SchemaReport, source: TableShape): void;
  /** What a load differs in that is about to fail for it. Before its error, and in no other case. */
  onMismatch(found: Verification): void;
  /** Where it rejects, that is the answer. */
  onQuestion(question: Question): Promise<Answer>;
}

export interface RunResult {
  readonly rowsRead: number;
  readonly rowsWritten: number;
  /** Null for a run that copies nothing. */
  readonly proof: RunProof | null;
  /** Null for a run that copied or undid. */
  readonly comparison: ComparisonResult | null;
  /** Null for a run without a cursor. */
  readonly cursor: RunCursor | null;
  /** Both ends as they stand now; null: what was agreed before still is. */
  readonly agreement: SchemaAgreement | null;
}

const resultOf = ({ rowsRead, rowsWritten, proof, cursor, agreement }: Omit<RunResult, "comparison">) => ({
  rowsRead,
  rowsWritten,
  proof,
  cursor,
  agreement,
});

/**
 * A child process that executes runs, one at a time. The signal's reason is the run's `StopReason`. `execute` rejects with the run's error as an `AppError`, with
 * `RUN_CANCELLED` after its signal aborted, and with `RUN_CRASHED` when the process ended; then `isUsable` is false.
 */
export class RunProcess {
  readonly #child: ChildProcess;
  #isUsable = true;

  constructor() {
    this.#child = fork(ENTRY, {
      // A copy's bytes lie outside of the heap and go with each small collection, so a small young space costs the least.
      execArgv: [`--max-old-space-size=${MAX_HEAP_MB}`, "--max-semi-space-size=1"],
      serialization: "advanced",
      // Neither the platform's key nor the way to its database is any of a run's business; where compiled code is kept is.
      env: COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE: COMPILE_CACHE },
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    this.#child.once("exit", () => (this.#isUsable = false));
    this.#child.once("error", () => (this.#isUsable = false));
  }

  get isUsable(): boolean {
    return this.#isUsable;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  async execute(job: RunJobSpec, listener: RunListener, signal: AbortSignal): Promise<RunResult> {
    const child = this.#child;
    const { promise, resolve, reject } = Promise.withResolvers<RunResult>();
    let killTimer: NodeJS.Timeout | undefined;

    const onMessage = (message: FromProcess) => {
      switch (message.kind) {
        case "progress":
          return listener.onProgress(message.progress);
        case "checkpoint":
          return listener.onCheckpoint(message.committedChunks);
        case "log":
          return listener.onLog(message.level, message.message, new Date(message.at));
        case "schema":
          return listener.onSchema(message.report, message.source);
        case "mismatch":
          return listener.onMismatch(message.found);
        case "question":
          return void listener.onQuestion(message.question).then(
            (answer) => this.#send({ kind: "answer", id: message.id, answer }),
            (error: unknown) => this.#send({ kind: "refusal", id: message.id, error: toAppError(error).toSummary() }),
          );
        case "done":
          return resolve({ ...resultOf(message), comparison: null });
        case "compared": {
          const { found, repaired } = message;
          const nothing = { rowsRead: 0, rowsWritten: 0, proof: null, cursor: null, agreement: null };
          return resolve({ ...nothing, comparison: { found, repaired } });
        }
        case "failed":
          return reject(revive(message.error, message.detail));
      }
    };
    const onExit = () => reject(new AppError(signal.aborted ? "RUN_CANCELLED" : "RUN_CRASHED"));
    const onAbort = () => {
      this.#send({ kind: "cancel", isTriedAgain: signal.reason !== ("cancelled" satisfies StopReason) });
      killTimer = setTimeout(() => child.kill("SIGKILL"), CANCEL_GRACE_MS);
    };

    child.on("message", onMessage);
    child.once("exit", onExit);
    child.once("error", onExit);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      if (!this.#isUsable) throw new AppError("RUN_CRASHED");
      this.#send({ kind: "run", job });
      if (signal.aborted) onAbort();
      return await promise;
    } finally {
      clearTimeout(killTimer);
      signal.removeEventListener("abort", onAbort);
      child.off("message", onMessage);
      child.off("exit", onExit);
      child.off("error", onExit);
    }
  }

  /** Ends the process now; what its run had open is rolled back by the servers. */
  kill(): void {
    this.#isUsable = false;
    this.#child.kill("SIGKILL");
  }

  /** Resolves once the process is gone. */
  async exited(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return;
    await new Promise<void>((resolve) => this.#child.once("exit", () => resolve()));
  }

  #send(message: ToProcess): void {
    // The channel may close at any moment; `exit` tells what became of the run.
    if (this.#child.connected) this.#child.send(message, () => {});
  }
}

function revive(summary: ErrorSummary, detail: string): AppError {
  return new AppError(summary.code, { params: summary.params, cause: detail });
}
