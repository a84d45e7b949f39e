import { setTimeout as delay } from "node:timers/promises";
import { type ClaimedRun, isConnectionFailure } from "@millrace/db";
import { failpoint } from "@millrace/engine";
import {
  AppError,
  describeFound,
  formatTableName,
  type RunFailure,
  type RunProgress,
  toAppError,
} from "@millrace/shared";
import type { Logger } from "pino";
import { storeErrorCodes } from "../error-code.ts";
import type { ComparisonResult, StopReason } from "../process/messages.ts";
import type { Answer, Question } from "../process/questions.ts";
import type { RunProcessPool } from "../process/run-process-pool.ts";
import type { RunResult } from "../process/run-process.ts";
import { type KeptComparison, keptComparison } from "./comparison.ts";
import { type JobSettings, type LoadedJob, loadRunJob } from "./run-job.ts";
import { type RunEnding, RunJournal } from "./run-journal.ts";
import { RunQuarantine } from "./run-quarantine.ts";

/** A problem that the error table calls `auto` is tried this often within one claim, with this pause before each further try. */
const MAX_TRIES = 3;
const RETRY_DELAYS_MS = [1000, 4000];
/** Between two attempts to read or end a run while the platform's database is away. */
const STORE_RETRY_MS = 1000;

/** Reaching both ends is part of the plan, so a run that cannot has stopped there. */
const NOTHING_YET: RunProgress = { stage: "plan", rows: 0, bytes: 0, rowsPerSecond: 0, totalRows: null };

export interface ExecutionSettings extends JobSettings {
  readonly processes: RunProcessPool;
  readonly logger: Logger;
}

/** A run that was executed, and what of it is kept beside its row. */
interface DoneRun extends RunResult {
  readonly kept: KeptComparison | null;
  /** The destination's. */
  readonly table: string;
}

/**
 * One claimed run in this worker, from its claim to its end. State: executing, then ended (success, failed, cancelled), or
 * stopped with nothing written (`lost`: somebody else holds it; `shutdown`: it is handed back).
 */
export class RunExecution {
  readonly run: ClaimedRun;
  readonly #settings: ExecutionSettings;
  readonly #controller = new AbortController();
  readonly #journal: RunJournal;
  readonly #quarantine: RunQuarantine;
  #stopReason: StopReason | undefined;
  /** What a load differs in that fails for it. */
  #mismatch: KeptComparison | undefined;

  constructor(settings: ExecutionSettings, run: ClaimedRun) {
    this.run = run;
    this.#settings = settings;
    this.#quarantine = new RunQuarantine(settings.store, settings.secretBox, run);
    this.#journal = new RunJournal(settings.store, run, {
      onLost: () => this.stop("lost"),
      onCancelRequested: () => this.stop("cancelled"),
    });
  }

  /** The first reason counts. */
  stop(reason: StopReason): void {
    if (this.#stopReason) return;
    this.#stopReason = reason;
    if (reason === "cancelled") void failpoint("while-cancelling");
    this.#controller.abort(reason);
  }

  get stopReason(): StopReason | undefined {
    return this.#stopReason;
  }

  /** Resolves once the run has ended, or was stopped and has let go of source and destination. Never rejects. */
  async execute(): Promise<void> {
    const { logger } = this.#settings;
    const { runId, attempt } = this.run;
    if (attempt > 1) this.#journal.log("info", `Attempt ${attempt} of this run`);
    const ending = await this.#tryRepeatedly().then(
      (result) => this.#endingAfter(result),
      (thrown: unknown) => this.#endingOf(toAppError(thrown)),
    );
    if (ending && (await this.#finish(ending))) {
      logger.info({ runId, status: ending.status, code: ending.failure?.code }, "run ended");
    } else {
      logger.info({ runId, reason: this.#stopReason }, "run let go");
    }
  }

  /** A comparison that has found differences has not shown that both ends are equal, so it is no success. */
  #endingAfter({ rowsWritten, proof, cursor, agreement, comparison, kept, table }: DoneRun): RunEnding {
    const comparisonOf = kept && { comparison: kept };
    if (comparison?.found?.isEqual === false) {
      const params = { table, found: describeFound(comparison.found), side: "destination" };
      const error = new AppError("ROWS_DIFFER", { params });
      this.#journal.log("error", `${error.message}. ${error.hint}`);
      return { status: "failed", failure: failureOf(error), ...comparisonOf };
    }
    const { inserted, updated, deleted } = comparison?.repaired ?? { inserted: rowsWritten, updated: 0, deleted: 0 };
    return {
      status: "success",
      recordsProcessed: inserted + updated + deleted,
      ...(proof && { proof }),
      ...(cursor && { cursor }),
      agreement,
      ...comparisonOf,
    };
  }

  /** Null where the run is not ours to end: it is somebody else's, or handed back. */
  async #endingOf(error: AppError): Promise<RunEnding | null> {
    if (error.code === "FENCE_STALE") this.stop("lost");
    switch (this.#stopReason) {
      case "lost":
        return null;
      case "shutdown":
        this.#journal.log("warn", "The worker was stopped; another one starts this run again");
        await this.#journal.close();
        return null;
      case "cancelled":
        this.#journal.log("warn", `${error.message}. ${error.hint}`);
        return { status: "cancelled", failure: failureOf(error) };
      case undefined:
        this.#settings.logger.warn({ runId: this.run.runId, code: error.code, detail: error.cause }, "run failed");
        this.#journal.log("error", `${error.message}. ${error.hint}`);
        return {
          status: "failed",
          failure: failureOf(error),
          ...(this.#mismatch && { comparison: this.#mismatch }),
        };
    }
  }

  /**
   * What happened at the destination has happened, so an ending that cannot be written is tried until it can, or until the
   * run is somebody else's: their attempt then finds at the destination what this one has committed.
   */
  async #finish(ending: RunEnding): Promise<boolean> {
    for (let tries = 1; ; tries++) {
      try {
        await failpoint("before-run-finish");
        await this.#journal.finish(ending);
        await failpoint("after-run-finish");
        return true;
      } catch (error) {
        const codes = storeErrorCodes(error);
        const isHopeless = codes.code === "FENCE_STALE" || (tries >= MAX_TRIES && !isConnectionFailure(error));
        if (isHopeless || this.#stopReason === "lost" || this.#stopReason === "shutdown") return false;
        this.#settings.logger.warn({ runId: this.run.runId, ...codes }, "the end of a run could not be written yet");
        await delay(STORE_RETRY_MS);
      }
    }
  }

  async #tryRepeatedly(): Promise<DoneRun> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#tryOnce(tries === MAX_TRIES);
      } catch (thrown) {
        const error = toAppError(thrown);
        const delayMs = RETRY_DELAYS_MS[tries - 1];
        if (this.#controller.signal.aborted || error.entry.retry !== "auto" || delayMs === undefined) throw error;
        this.#journal.log("warn", `${error.message}; trying again (${tries + 1} of ${MAX_TRIES})`);
        await delay(delayMs, undefined, { signal: this.#controller.signal }).catch(() => {});
      }
    }
  }

  /** A platform's database that is away says nothing about the run, so the run waits for it. */
  async #loadJob(): Promise<LoadedJob> {
    const { signal } = this.#controller;
    for (;;) {
      try {
        return await loadRunJob(this.#settings, this.run);
      } catch (error) {
        if (!isConnectionFailure(error) || signal.aborted) throw error;
        await delay(STORE_RETRY_MS, undefined, { signal }).catch(() => {});
      }
    }
  }

  /** A platform's database that is away says nothing about the run, so what its process asks waits for it. */
  async #answer(question: Question, table: string): Promise<Answer> {
    const { signal } = this.#controller;
    for (;;) {
      try {
        return await this.#ask(question, table);
      } catch (error) {
        if (error instanceof AppError && error.code === "FENCE_STALE") this.stop("lost");
        if (!isConnectionFailure(error) || signal.aborted) throw error;
        await delay(STORE_RETRY_MS, undefined, { signal }).catch(() => {});
      }
    }
  }

  async #ask(question: Question, table: string): Promise<Answer> {
    switch (question.kind) {
      case "forgetQuarantine":
        await this.#quarantine.forget();
        return [];
      case "keepRows":
        await this.#quarantine.keep(table, question.rows);
        return [];
      case "heldRows":
        return this.#quarantine.held(question.after);
      case "settleRows":
        await this.#quarantine.settle(question.replayed, question.refused);
        return [];
    }
  }

  async #tryOnce(isLastTry: boolean): Promise<DoneRun> {
    const { processes } = this.#settings;
    const { signal } = this.#controller;
    if (signal.aborted) throw new AppError("RUN_CANCELLED");
    this.#journal.progress(NOTHING_YET);
    this.#mismatch = undefined;
    const { comparedAs, ...job } = await this.#loadJob();
    const { organizationId } = this.run;
    const keep = (result: ComparisonResult) =>
      keptComparison(result, this.#settings.secretBox, { organizationId, comparedAs });
    const runProcess = processes.acquire();
    try {
      const result = await runProcess.execute(
        { ...job, isLastTry },
        {
          onProgress: (progress) => this.#journal.progress(progress),
          onCheckpoint: (committedChunks) => this.#journal.checkpoint(committedChunks),
          onLog: (level, message, at) => this.#journal.log(level, message, at),
          onSchema: (report, source) => this.#journal.schema({ report, source, edition: job.schema.edition }),
          onMismatch: (found) => (this.#mismatch = keep({ found, repaired: null })),
          onQuestion: (question) => this.#answer(question, formatTableName(job.destination.table)),
        },
        signal,
      );
      const kept = result.comparison && keep(result.comparison);
      return { ...result, kept, table: formatTableName(job.destination.table) };
    } finally {
      processes.release(runProcess);
    }
  }
}

function failureOf(error: AppError): RunFailure {
  const { side } = error.params;
  return {
    code: error.code,
    message: error.message,
    hint: error.hint,
    side: side === "source" || side === "destination" ? side : "millrace",
  };
}
