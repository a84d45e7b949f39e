import type { EntityManager } from "@mikro-orm/postgresql";
import { fromKysely, type PgBoss } from "pg-boss";
import { createBoss, RUN_QUEUE } from "./boss.ts";
import type { RunJob, RunQueue, WorkOptions } from "./run-queue.ts";

export interface QueueSettings {
  readonly databaseUrl: string;
  readonly applicationName: string;
  /** Told what goes wrong in the background; polling goes on by itself. */
  readonly onError: (error: unknown) => void;
}

/** The floor under notifications: a worker that hears nothing looks for itself this often. */
const POLL_SECONDS = 2;

type Transaction = Parameters<typeof fromKysely>[0];
/** Whatever runs a statement. */
type Database = ReturnType<typeof fromKysely>;

/** The queue on pg-boss. Two instances of it: one that only knows the queue, for senders, and one that works. */
export class PgBossRunQueue implements RunQueue {
  readonly #settings: QueueSettings;
  #sender: Promise<PgBoss> | undefined;
  #worker: Promise<PgBoss> | undefined;
  #isStopping = false;

  constructor(settings: QueueSettings) {
    this.#settings = settings;
  }

  async enqueue(em: EntityManager, job: RunJob): Promise<void> {
    if (!em.isInTransaction()) return em.transactional((tx) => this.enqueue(tx, job));
    await this.send(fromKysely(em.getTransactionContext() as Transaction), job);
  }

  /** As `enqueue`, within whatever transaction `database` is in. */
  async send(database: Database, job: RunJob): Promise<void> {
    const boss = await this.#startedSender();
    await boss.send(RUN_QUEUE, job, { singletonKey: job.runId, db: database });
  }

  async work({ concurrency }: WorkOptions, handler: (job: RunJob) => Promise<void>): Promise<void> {
    const boss = await this.#startedWorker();
    const options = {
      batchSize: 1,
      localConcurrency: concurrency,
      pollingIntervalSeconds: POLL_SECONDS,
      notifyPollingIntervalSeconds: POLL_SECONDS,
    };
    await boss.work<RunJob>(RUN_QUEUE, options, async ([job]) => {
      if (!job) return;
      if (!this.#isStopping) return handler(job.data);
      // A fetch that was under way when we were told to stop: the job goes back for somebody else.
      await boss.send(RUN_QUEUE, job.data, { singletonKey: job.data.runId });
    });
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    const boss = await this.#worker?.catch(() => undefined);
    await boss?.offWork(RUN_QUEUE, { wait: false });
  }

  async close(): Promise<void> {
    const started = await Promise.allSettled([this.#sender, this.#worker]);
    for (const { value: boss } of started.filter((result) => result.status === "fulfilled")) {
      await boss?.stop({ graceful: false });
    }
  }

  #startedSender(): Promise<PgBoss> {
    this.#sender ??= this.#start({ max: 1 }).catch((error: unknown) => {
      // The next call tries again.
      this.#sender = undefined;
      throw error;
    });
    return this.#sender;
  }

  #startedWorker(): Promise<PgBoss> {
    const options = {
      max: 3,
      useListenNotify: true,
      supervise: true,
      // Jobs that are done go a minute later.
      maintenanceIntervalSeconds: 60,
      superviseIntervalSeconds: 60,
    };
    this.#worker ??= this.#start(options).catch((error: unknown) => {
      this.#worker = undefined;
      throw error;
    });
    return this.#worker;
  }

  async #start(options: Parameters<typeof createBoss>[2]): Promise<PgBoss> {
    const { databaseUrl, applicationName, onError } = this.#settings;
    const boss = createBoss(databaseUrl, `${applicationName} queue`, options);
    boss.on("error", onError);
    try {
      await boss.start();
    } catch (error) {
      await boss.stop({ graceful: false });
      throw error;
    }
    return boss;
  }
}
