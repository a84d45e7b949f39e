import { AppError, newId } from "@millrace/shared";
import type { Pool, PoolClient } from "pg";
import type { PgBossRunQueue } from "../queue/pg-boss-run-queue.ts";
import type { RunJob } from "../queue/run-queue.ts";
import type {
  ClaimedRun,
  DueSchedule,
  FiredSchedule,
  Heartbeat,
  HeldRun,
  RunClaims,
  SweptRun,
  WorkersUp,
} from "./run-claims.ts";

/** design.md, Leases: with a heartbeat every 3 s four in a row may get lost before a run is taken over. */
export const LEASE_SECONDS = 15;
/** A run that cost so many workers their life is not given to another. */
const MAX_ATTEMPTS = 3;
const SWEEP_BATCH = 200;
/** A transaction's worth: 100,000 due schedules take a few seconds and hold locks for milliseconds. */
const SCHEDULE_BATCH = 500;

/** The claims on the functions of schema `millrace`, which the pool's role may execute. */
export class PgRunClaims implements RunClaims {
  readonly #pool: Pool;
  readonly #queue: PgBossRunQueue;
  readonly #lease: string;

  constructor(pool: Pool, queue: PgBossRunQueue, leaseSeconds: number) {
    this.#pool = pool;
    this.#queue = queue;
    this.#lease = `${leaseSeconds} s`;
  }

  async claim(runId: string, workerId: string): Promise<ClaimedRun | null> {
    const { rows } = await this.#pool.query<ClaimedRun>(
      `select run_id as "runId", organization_id as "organizationId", pipeline_id as "pipelineId", fence::float8, attempt
       from millrace.claim_run($1, $2, $3)`,
      [runId, workerId, this.#lease],
    );
    return rows[0] ?? null;
  }

  async heartbeat(runs: readonly HeldRun[], workerId: string): Promise<Heartbeat[]> {
    const { rows } = await this.#pool.query<Heartbeat>(
      `select run_id as "runId", fence::float8, is_held as "isHeld", is_cancel_requested as "isCancelRequested"
       from millrace.heartbeat_runs($1, $2, $3, $4)`,
      [...columnsOf(runs), workerId, this.#lease],
    );
    return rows;
  }

  sweep(): Promise<SweptRun[]> {
    const abandoned = new AppError("RUN_ABANDONED", { params: { attempts: MAX_ATTEMPTS } });
    const { code, message, hint } = abandoned;
    return this.#transaction(async (client) => {
      const { rows } = await client.query<SweptRun>(
        `select run_id as "runId", organization_id as "organizationId", outcome from millrace.sweep_runs($1, $2, $3, $4)`,
        [
          MAX_ATTEMPTS,
          JSON.stringify({ code, message, hint, side: "millrace" }),
          new AppError("RUN_CANCELLED").message,
          SWEEP_BATCH,
        ],
      );
      await this.#enqueue(
        client,
        rows.filter((run) => run.outcome === "requeued"),
      );
      return rows;
    });
  }

  async release(runs: readonly HeldRun[], workerId: string): Promise<void> {
    await this.#transaction(async (client) => {
      const { rows } = await client.query<RunJob>(
        `select run_id as "runId", organization_id as "organizationId" from millrace.release_runs($1, $2, $3)`,
        [...columnsOf(runs), workerId],
      );
      await this.#enqueue(client, rows);
    });
  }

  async fireDueSchedules(nextFire: (due: DueSchedule) => Date | null): Promise<FiredSchedule[]> {
    const fired: FiredSchedule[] = [];
    for (;;) {
      const batch = await this.#fireBatch(nextFire);
      fired.push(...batch);
      if (batch.length < SCHEDULE_BATCH) return fired;
    }
  }

  async reportWorker(workerId: string, { slots, busy }: { slots: number; busy: number }): Promise<void> {
    await this.#pool.query("select millrace.worker_seen($1, $2, $3)", [workerId, slots, busy]);
  }

  async forgetWorker(workerId: string): Promise<void> {
    await this.#pool.query("select millrace.worker_left($1)", [workerId]);
  }

  async workersUp(): Promise<WorkersUp> {
    const { rows } = await this.#pool.query<WorkersUp>("select workers, free from millrace.workers_up($1)", [
      this.#lease,
    ]);
    return rows[0] ?? { workers: 0, free: 0 };
  }

  #fireBatch(nextFire: (due: DueSchedule) => Date | null): Promise<FiredSchedule[]> {
    return this.#transaction(async (client) => {
      const { rows: due } = await client.query<DueSchedule>(
        `select pipeline_id as "pipelineId", organization_id as "organizationId", schedule, timezone, due_at as "dueAt", now
         from millrace.due_schedules($1)`,
        [SCHEDULE_BATCH],
      );
      if (due.length === 0) return [];
      const { rows: started } = await client.query<RunJob & { pipelineId: string }>(
        `select pipeline_id as "pipelineId", organization_id as "organizationId", run_id as "runId"
         from millrace.fire_schedules($1, $2, $3, $4)`,
        [
          due.map(({ pipelineId }) => pipelineId),
          due.map(({ dueAt }) => dueAt),
          due.map((schedule) => nextFireOf(schedule, nextFire)),
          due.map(() => newId()),
        ],
      );
      await this.#enqueue(client, started);
      const runs = new Map(started.map(({ pipelineId, runId }) => [pipelineId, runId]));
      return due.map(({ pipelineId, dueAt }) => ({ pipelineId, dueAt, runId: runs.get(pipelineId) ?? null }));
    });
  }

  async #enqueue(client: PoolClient, jobs: readonly RunJob[]): Promise<void> {
    const database = { executeSql: (text: string, values?: unknown[]) => client.query(text, values) };
    for (const { runId, organizationId } of jobs) await this.#queue.send(database, { runId, organizationId });
  }

  async #transaction<Result>(work: (client: PoolClient) => Promise<Result>): Promise<Result> {
    const client = await this.#pool.connect();
    let failure: Error | undefined;
    try {
      await client.query("begin");
      const result = await work(client);
      await client.query("commit");
      return result;
    } catch (error) {
      failure = error as Error;
      throw error;
    } finally {
      // A connection whose transaction failed is closed, which rolls it back whatever state it is in.
      client.release(failure);
    }
  }
}

/** A schedule that cannot be read stops firing; it must not keep the others from it. */
function nextFireOf(due: DueSchedule, nextFire: (due: DueSchedule) => Date | null): Date | null {
  try {
    return nextFire(due);
  } catch {
    return null;
  }
}

const columnsOf = (runs: readonly HeldRun[]): [string[], number[]] => [
  runs.map(({ runId }) => runId),
  runs.map(({ fence }) => fence),
];
