/** A run that this worker holds until its lease ends; `heartbeat` prolongs it. */
export interface ClaimedRun {
  readonly runId: string;
  readonly organizationId: string;
  readonly pipelineId: string;
  /** One more than at the claim before, of any run of the pipeline. Every write names it. */
  readonly fence: number;
  /** 1 for the first claim of the run. */
  readonly attempt: number;
}

export type HeldRun = Pick<ClaimedRun, "runId" | "fence">;

export interface Heartbeat extends HeldRun {
  /** False once another claim, a sweep or a finish took the run: stop at once and write nothing more. */
  readonly isHeld: boolean;
  readonly isCancelRequested: boolean;
}

/** What became of a run whose worker vanished, or that waited without a job. `cancelled`: somebody had asked for that before. */
export interface SweptRun {
  readonly runId: string;
  readonly organizationId: string;
  readonly outcome: "requeued" | "abandoned" | "cancelled";
}

export interface DueSchedule {
  readonly pipelineId: string;
  readonly organizationId: string;
  readonly schedule: string;
  readonly timezone: string;
  readonly dueAt: Date;
  /** The database's time: the next fire is computed from here, so what a downtime missed fires once. */
  readonly now: Date;
}

export interface FiredSchedule {
  readonly pipelineId: string;
  readonly dueAt: Date;
  /** Null where a run of the pipeline was active, so that this fire was skipped. */
  readonly runId: string | null;
}

/** The workers that were heard of within a lease's time. */
export interface WorkersUp {
  readonly workers: number;
  /** How many more runs they would take. */
  readonly free: number;
}

/** Everything here works across organizations, and on the database's time only. */
export interface RunClaims {
  /**
   * Takes a run that is pending, or whose lease has ended: running under a new fence, its lease 15 s ahead, its pipeline
   * running. Null when there is nothing to take: it ended, or someone holds it.
   */
  claim(runId: string, workerId: string): Promise<ClaimedRun | null>;
  /** Prolongs the leases that still hold; one answer per run asked for, in the same order. */
  heartbeat(runs: readonly HeldRun[], workerId: string): Promise<Heartbeat[]>;
  /**
   * Puts runs whose lease ended back to pending and into the queue; those that were taken over three times without progress
   * end as failed with `RUN_ABANDONED`. Pending runs that lost their job get a new one. Any number of sweeps may run at once.
   */
  sweep(): Promise<SweptRun[]>;
  /** Gives runs back unfinished, to pending and into the queue; the attempt is not counted. Runs no longer held are left. */
  release(runs: readonly HeldRun[], workerId: string): Promise<void>;
  /**
   * Starts a run for each schedule that is due and sets the next fire that `nextFire` computes, in one transaction. With any
   * number of callers at once each fire starts at most one run; a pipeline with an active run skips its fire.
   */
  fireDueSchedules(nextFire: (due: DueSchedule) => Date | null): Promise<FiredSchedule[]>;
  /** Says that the worker is up, how many runs it takes at once and how many it has; it counts for as long as a lease holds. */
  reportWorker(workerId: string, load: { readonly slots: number; readonly busy: number }): Promise<void>;
  /** The worker is about to stop and counts no more. */
  forgetWorker(workerId: string): Promise<void>;
  workersUp(): Promise<WorkersUp>;
}
