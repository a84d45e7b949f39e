import type { EntityManager } from "@mikro-orm/postgresql";

/** A hint that a run waits. The run's row is the truth: a job may come twice, late, or for a run that ended. */
export interface RunJob {
  readonly runId: string;
  readonly organizationId: string;
}

export interface WorkOptions {
  /** How many handlers run at once. */
  readonly concurrency: number;
}

export interface RunQueue {
  /**
   * Puts the run's job into the queue inside the transaction of `em`: both commit, or neither. Without a transaction it
   * commits by itself. A run that waits in the queue already is not queued twice.
   */
  enqueue(em: EntityManager, job: RunJob): Promise<void>;
  /**
   * Hands jobs to `handler` as they come, within milliseconds of their commit and at the latest after two seconds, until
   * `stop`. A handler that throws costs the job; the sweep queues the run again as long as it is pending.
   */
  work(options: WorkOptions, handler: (job: RunJob) => Promise<void>): Promise<void>;
  /** Takes no further job; does not wait for handlers under way. May be called twice. */
  stop(): Promise<void>;
}
