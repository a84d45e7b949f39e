import { LockMode, sql } from "@mikro-orm/core";
import {
  type ClaimedRun,
  type EntityManager,
  hasLastLoadFailed,
  Pipeline,
  PipelineRun,
  RunLogLine,
  RunVerification,
  type Store,
} from "@millrace/db";
import {
  AppError,
  escapeControls,
  isComparison,
  newId,
  type LogLevel,
  type RunCursor,
  type RunFailure,
  type RunProgress,
  type RunProof,
  type SchemaAgreement,
} from "@millrace/shared";
import type { KeptComparison } from "./comparison.ts";
import { RunHistory } from "./run-history.ts";
import { type FoundSchema, keepSchema } from "./run-schema.ts";

/** Progress and lines are written this often at most. */
const FLUSH_INTERVAL_MS = 500;

interface PendingLine {
  readonly at: Date;
  readonly level: LogLevel;
  readonly message: string;
}

/** What a journal learns about its run while it writes; sooner than the next heartbeat would. */
export interface JournalListener {
  /** The run is somebody else's. */
  onLost(): void;
  onCancelRequested(): void;
}

export interface RunEnding {
  readonly status: "success" | "failed" | "cancelled";
  readonly recordsProcessed?: number;
  readonly proof?: RunProof;
  readonly cursor?: RunCursor;
  readonly failure?: RunFailure;
  /** Of a run that compared or mended, and of a load that failed since what arrived differs. */
  readonly comparison?: KeptComparison;
  /** What is agreed from now on; null: what was before. */
  readonly agreement?: SchemaAgreement | null;
}

/**
 * Writes what a run has to say, in batches and always under its fence: each write names the fence in its condition, so a
 * worker that lost the run writes nothing. Methods after the loss reject with `FENCE_STALE`.
 */
export class RunJournal {
  readonly #store: Store;
  readonly #run: ClaimedRun;
  readonly #lines: PendingLine[] = [];
  readonly #history = new RunHistory();
  #progress: RunProgress | undefined;
  #committedChunks = 0;
  #schema: FoundSchema | undefined;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  readonly #listener: JournalListener;

  constructor(store: Store, run: ClaimedRun, listener: JournalListener) {
    this.#store = store;
    this.#run = run;
    this.#listener = listener;
  }

  /** Names in a message are other people's: what a terminal or a reader would obey is written out. */
  log(level: LogLevel, message: string, at: Date = new Date()): void {
    this.#lines.push({ at, level, message: escapeControls(message, { keepBreaks: true }) });
    this.#schedule();
  }

  progress(progress: RunProgress): void {
    this.#progress = progress;
    this.#history.take(progress, new Date());
    this.#schedule();
  }

  /** Kept until the end, with which it is written. */
  schema(found: FoundSchema): void {
    this.#schema = found;
  }

  /** Written at once: a worker that dies after this has not died in vain. */
  checkpoint(committedChunks: number): void {
    this.#committedChunks = committedChunks;
    this.#writing = this.#writing.then(() => this.#flush());
  }

  /**
   * Ends the run and its pipeline's state in one transaction, with the last lines. A comparison is no load, so after one the
   * pipeline is as its last load has left it.
   */
  async finish(ending: RunEnding): Promise<void> {
    clearTimeout(this.#timer);
    await this.#writing;
    this.#history.end(new Date());
    const { runId, pipelineId, organizationId, fence } = this.#run;
    await this.#write({ locksPipeline: true }, async (em, isLoad) => {
      if (ending.comparison) em.create(RunVerification, { ...ending.comparison, organizationId, runId });
      await em.flush();
      await em.nativeUpdate(
        PipelineRun,
        { id: runId, fence },
        {
          status: ending.status,
          endTime: sql`now()`,
          leaseUntil: null,
          ...this.#historyColumns(),
          // The end of the log, at most 64 KB; every line stays in `run_log_lines`.
          log: sql<string>`millrace.run_log_tail(id)`,
          ...(ending.recordsProcessed === undefined ? {} : { recordsProcessed: ending.recordsProcessed }),
          ...(ending.proof === undefined ? {} : { proof: ending.proof }),
          ...(ending.cursor === undefined ? {} : { cursor: ending.cursor }),
          failure: ending.failure ?? null,
          schema: this.#schema?.report ?? null,
          errorMessage: ending.failure ? `${ending.failure.message}. ${ending.failure.hint}` : null,
        },
      );
      const isFailed = isLoad ? ending.status === "failed" : await hasLastLoadFailed(em, pipelineId);
      const resting = sql<"active" | "inactive">`case when is_enabled then 'active' else 'inactive' end`;
      await em.nativeUpdate(
        Pipeline,
        { id: pipelineId, fence },
        {
          status: isFailed ? "failed" : resting,
          ...(isLoad && { lastRunAt: sql`now()` }),
        },
      );
      if (this.#schema) await keepSchema(em, this.#run, this.#schema, ending);
    });
  }

  /** Writes what is pending and takes nothing more. Never rejects: it is for a run that is handed back. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#writing;
    await this.#flush();
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#writing = this.#writing.then(() => this.#flush());
    }, FLUSH_INTERVAL_MS);
  }

  async #flush(): Promise<void> {
    if (this.#lines.length === 0 && this.#progress === undefined && this.#committedChunks === 0) return;
    try {
      await this.#write();
    } catch (error) {
      if (error instanceof AppError && error.code === "FENCE_STALE") this.#listener.onLost();
      // Anything else is the platform's database being away for a moment: what is pending stays for the next time.
      else this.#schedule();
    }
  }

  /**
   * Writes what is pending, and `more`, in one transaction. It locks the run's row, so that two writers of one run follow
   * each other and `seq` has no gap; what is pending is let go only once it is committed. Where `more` changes the pipeline
   * as well, that is locked first, as a claim and the deletion of a pipeline do, or they would wait for each other.
   */
  async #write(
    { locksPipeline = false } = {},
    more?: (em: EntityManager, isLoad: boolean) => Promise<void>,
  ): Promise<void> {
    const { runId, pipelineId, organizationId, fence } = this.#run;
    const lines = [...this.#lines];
    const progress = this.#progress;
    const committedChunks = this.#committedChunks;
    const held = await this.#store.forOrganization(organizationId).transactional(async (em) => {
      const lockMode = LockMode.PESSIMISTIC_WRITE;
      if (locksPipeline) await em.findOne(Pipeline, { id: pipelineId }, { lockMode, fields: ["id"] });
      const run = await em.findOne(
        PipelineRun,
        { id: runId, fence, status: "running" },
        { lockMode, fields: ["cancelRequestedAt", "trigger"] },
      );
      if (!run) throw new AppError("FENCE_STALE");
      const isLoad = !isComparison(run.trigger);
      if (lines.length > 0) await this.#insertLines(em, lines);
      if (progress) {
        await em.nativeUpdate(
          PipelineRun,
          { id: runId, fence },
          { progress, ...(isLoad && { recordsProcessed: progress.rows }), ...this.#historyColumns() },
        );
      }
      // Only what goes beyond every attempt before, or one that starts over each time would be tried for ever.
      if (committedChunks > 0) {
        await em.nativeUpdate(
          PipelineRun,
          { id: runId, fence, checkpointCount: { $lt: committedChunks } },
          { checkpointCount: committedChunks, checkpointAttempt: sql<number>`attempt` },
        );
      }
      await more?.(em, isLoad);
      return run;
    });
    if (held.cancelRequestedAt) this.#listener.onCancelRequested();
    this.#lines.splice(0, lines.length);
    if (this.#progress === progress) this.#progress = undefined;
    if (this.#committedChunks === committedChunks) this.#committedChunks = 0;
  }

  #historyColumns() {
    return { stages: [...this.#history.stages], samples: this.#history.samples };
  }

  async #insertLines(em: EntityManager, lines: readonly PendingLine[]): Promise<void> {
    const { runId, organizationId } = this.#run;
    const last = await em.findOne(RunLogLine, { run: runId }, { orderBy: { seq: "desc" }, fields: ["seq"] });
    const first = (last?.seq ?? 0) + 1;
    await em.insertMany(
      RunLogLine,
      lines.map((line, index) => ({ ...line, id: newId(), organizationId, run: runId, seq: first + index })),
    );
  }
}
