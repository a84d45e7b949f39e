import { hostname } from "node:os";
import type { ClaimedRun, RunJob, SecretBox, Store } from "@millrace/db";
import { newId, nextFire } from "@millrace/shared";
import { armFailpoints, failpoint } from "@millrace/engine";
import type { Logger } from "pino";
import { storeErrorCodes } from "./error-code.ts";
import { IntervalLoop } from "./interval-loop.ts";
import { RunProcessPool } from "./process/run-process-pool.ts";
import { RunExecution } from "./run/run-execution.ts";

/** design.md, Leases: with a lease of 15 s a dead worker's run is taken over within 20 s. */
const TIMING: WorkerTiming = { heartbeatMs: 3000, sweepMs: 3000, scheduleMs: 1000 };
export const DEFAULT_CONCURRENCY = 4;

/** The pauses between two rounds of each loop. */
export interface WorkerTiming {
  readonly heartbeatMs: number;
  readonly sweepMs: number;
  readonly scheduleMs: number;
}

export interface WorkerOptions {
  readonly store: Store;
  readonly secretBox: SecretBox;
  readonly logger: Logger;
  /** How many runs at once. */
  readonly concurrency?: number;
  readonly allowPrivateNetworks: boolean;
  /** For tests with a store whose leases are short. */
  readonly timing?: WorkerTiming;
  /** Where this worker and its runs' processes break, as `armFailpoints` takes it: for tests of Millrace itself. */
  readonly failpoints?: string | undefined;
}

export interface Worker {
  readonly id: string;
  /**
   * Takes no further run, waits `graceMs` for those under way, hands back what is not done by then, and ends every process.
   * A run that is handed back has not used an attempt. May be called twice.
   */
  stop(graceMs: number): Promise<void>;
}

/** Starts taking runs off the queue, firing schedules and sweeping the dead. Needs a migrated store, which stays the caller's. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const worker = new RunningWorker(options);
  await worker.start();
  return worker;
}

class RunningWorker implements Worker {
  readonly id = `${hostname()}:${process.pid}:${newId().slice(-12)}`;
  readonly #options: WorkerOptions;
  readonly #logger: Logger;
  readonly #processes = new RunProcessPool();
  readonly #executions = new Map<RunExecution, Promise<void>>();
  #loops: IntervalLoop[] = [];
  #stopped: Promise<void> | undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#logger = options.logger.child({ worker: this.id });
  }

  async start(): Promise<void> {
    const { store, timing = TIMING, failpoints } = this.#options;
    armFailpoints(failpoints);
    const concurrency = this.#concurrency;
    await store.queue.work({ concurrency }, (job) => this.#take(job));
    this.#loops = [
      new IntervalLoop("heartbeat", timing.heartbeatMs, this.#logger, () => this.#heartbeat()),
      new IntervalLoop("sweep", timing.sweepMs, this.#logger, () => this.#sweep()),
      new IntervalLoop("schedule", timing.scheduleMs, this.#logger, () => this.#fireSchedules()),
    ];
    this.#logger.info({ concurrency }, "worker started");
  }

  get #concurrency(): number {
    return this.#options.concurrency ?? DEFAULT_CONCURRENCY;
  }

  stop(graceMs: number): Promise<void> {
    this.#stopped ??= this.#stop(graceMs);
    return this.#stopped;
  }

  async #take(job: RunJob): Promise<void> {
    if (this.#stopped) return;
    await failpoint("before-claim");
    const run = await this.#options.store.claims.claim(job.runId, this.id);
    if (!run) return;
    await failpoint("after-claim");
    this.#logger.info({ runId: run.runId, attempt: run.attempt, fence: run.fence }, "run claimed");
    const execution = new RunExecution({ ...this.#options, logger: this.#logger, processes: this.#processes }, run);
    const done = execution.execute().finally(() => this.#executions.delete(execution));
    this.#executions.set(execution, done);
    // A claim that was under way when the worker was told to stop is handed back like the others.
    if (this.#stopped) execution.stop("shutdown");
    await done;
  }

  async #heartbeat(): Promise<void> {
    const { claims } = this.#options.store;
    const executions = [...this.#executions.keys()];
    if (!this.#stopped) await claims.reportWorker(this.id, { slots: this.#concurrency, busy: executions.length });
    if (executions.length === 0) return;
    await failpoint("before-heartbeat");
    const answers = await claims.heartbeat(
      executions.map((execution) => execution.run),
      this.id,
    );
    for (const [index, answer] of answers.entries()) {
      const execution = executions[index];
      if (!answer.isHeld) execution?.stop("lost");
      else if (answer.isCancelRequested) execution?.stop("cancelled");
    }
  }

  async #sweep(): Promise<void> {
    for (const swept of await this.#options.store.claims.sweep()) {
      this.#logger.warn({ runId: swept.runId, outcome: swept.outcome }, "run without a worker");
    }
  }

  async #fireSchedules(): Promise<void> {
    const fired = await this.#options.store.claims.fireDueSchedules((due) =>
      nextFire(due.schedule, due.timezone, due.now),
    );
    for (const { pipelineId, runId, dueAt } of fired) {
      this.#logger.info({ pipelineId, runId, dueAt }, runId ? "schedule fired" : "schedule skipped: a run is active");
    }
  }

  async #stop(graceMs: number): Promise<void> {
    const { store } = this.#options;
    await store.queue.stop();
    const [heartbeat, ...others] = this.#loops;
    await Promise.all(others.map((loop) => loop.stop()));
    await this.#waitForExecutions(graceMs);
    const unfinished = [...this.#executions.keys()];
    for (const execution of unfinished) execution.stop("shutdown");
    await Promise.all(this.#executions.values());
    await heartbeat?.stop();
    const handedBack: ClaimedRun[] = unfinished
      .filter((execution) => execution.stopReason === "shutdown")
      .map((execution) => execution.run);
    await this.#leave(handedBack);
    await this.#processes.close();
    this.#logger.info({ handedBack: handedBack.length }, "worker stopped");
  }

  async #leave(runs: readonly ClaimedRun[]): Promise<void> {
    const { claims } = this.#options.store;
    try {
      await claims.forgetWorker(this.id);
      if (runs.length > 0) await claims.release(runs, this.id);
    } catch (error) {
      // Their leases end by themselves; what cannot be told now must not keep the worker from stopping.
      this.#logger.warn({ ...storeErrorCodes(error), runs: runs.length }, "runs could not be handed back");
    }
  }

  async #waitForExecutions(graceMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, graceMs);
    await Promise.race([promise, Promise.all(this.#executions.values())]);
    clearTimeout(timer);
  }
}
