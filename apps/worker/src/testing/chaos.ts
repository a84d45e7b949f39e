import { openStore, Pipeline, PipelineRun, type Store } from "@millrace/db";
import { newId } from "@millrace/shared";
import { setTimeout as delay } from "node:timers/promises";
import { ask, backendsOf, type ChaosEnd, compare, killBackend } from "./chaos-ends.ts";
import { type ChaosKill, chaosSchedule, type ChaosTarget } from "./chaos-schedule.ts";
import { registerEnds } from "./register-ends.ts";
import { SHORT_LEASE_SECONDS } from "./timing.ts";
import { WorkerProcess } from "./worker-process.ts";

export interface ChaosOptions {
  /** A migrated platform's database, which is left alone. */
  readonly platformUrl: string;
  readonly source: ChaosEnd;
  readonly destination: ChaosEnd;
  readonly kills: number;
  readonly seed: number;
  readonly targets: readonly ChaosTarget[];
  /** Rows of the largest table. */
  readonly rowCount: number;
  readonly onEvent: (line: string) => void;
}

export interface ChaosReport {
  /** Those that hit something. */
  readonly kills: Readonly<Record<string, number>>;
  readonly runs: Readonly<Record<string, number>>;
  readonly failures: Readonly<Record<string, number>>;
  /** Sentences about rows that were lost or doubled, runs that are stuck, and what was left behind. Empty is how it should be. */
  readonly faults: readonly string[];
}

const ROWS_PER_SMALL_TABLE = 2000;
const POLL_MS = 100;
const END_PATIENCE_MS = 120_000;
const MANY_CHUNKS = { parallelism: 2, chunkBytes: 64 * 1024 };

interface Lane {
  readonly pipelineId: string;
  readonly from: string;
  readonly to: string;
  readonly writeMode: "replace" | "append";
}

/**
 * Runs pipelines without a pause while it kills workers and what they talk to, then lets every run end, runs each pipeline
 * once more in peace, and looks at what came of it.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const store = openStore({
    databaseUrl: options.platformUrl,
    applicationName: "chaos",
    leaseSeconds: SHORT_LEASE_SECONDS,
  });
  const chaos = new Chaos(options, store);
  try {
    return await chaos.run();
  } finally {
    await chaos.stop();
    await store.close();
  }
}

class Chaos {
  readonly #options: ChaosOptions;
  readonly #store: Store;
  readonly #organizationId = newId();
  readonly #killed: Record<string, number> = {};
  #workers: WorkerProcess[] = [];
  #lanes: Lane[] = [];

  constructor(options: ChaosOptions, store: Store) {
    this.#options = options;
    this.#store = store;
  }

  async run(): Promise<ChaosReport> {
    const { kills, seed, targets, onEvent } = this.#options;
    await this.#setUp();
    let isOver = false;
    const traffic = this.#keepRunning(() => isOver);
    for (const kill of chaosSchedule(seed, kills, targets)) {
      await delay(kill.delayMs);
      const hit = await this.#kill(kill);
      onEvent(`${hit ? "killed" : "found no"} ${kill.target}`);
      if (hit) this.#killed[kill.target] = (this.#killed[kill.target] ?? 0) + 1;
      await this.#keepWorkers();
    }
    isOver = true;
    await traffic;
    const faults = await this.#settle();
    return { ...(await this.#count()), kills: this.#killed, faults };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop()));
  }

  async #setUp(): Promise<void> {
    const { source, destination, rowCount } = this.#options;
    const make = (table: string, rows: number) =>
      ask(
        source,
        `create table ${table} (id int primary key, note text not null, at timestamptz);
         insert into ${table} select i, repeat(md5(i::text), 2), timestamptz '2026-01-01' + i * interval '1 s'
         from generate_series(1, ${rows}) i`,
      );
    await make("many", rowCount);
    await make("few", ROWS_PER_SMALL_TABLE);
    await ask(destination, "create table added (id int, note text not null, at timestamptz)");
    const urls = { source: source.url, destination: destination.url };
    const ends = await registerEnds(this.#store, this.#organizationId, urls);
    const em = this.#store.forOrganization(this.#organizationId);
    const add = (from: string, to: string, writeMode: Lane["writeMode"]) => {
      const pipeline = em.create(Pipeline, {
        id: newId(),
        organizationId: this.#organizationId,
        name: `${from} to ${to}`,
        ...ends,
        sourceTable: `public.${from}`,
        destinationTable: `public.${to}`,
        writeMode,
        limits: MANY_CHUNKS,
        createdBy: "chaos",
      });
      this.#lanes.push({ pipelineId: pipeline.id, from, to, writeMode });
    };
    add("many", "replaced", "replace");
    add("few", "swapped", "replace");
    add("few", "added", "append");
    await em.flush();
    await this.#keepWorkers();
  }

  async #keepWorkers(): Promise<void> {
    this.#workers = this.#workers.filter(({ isUp }) => isUp);
    while (this.#workers.length < 2) this.#workers.push(await WorkerProcess.start(this.#options.platformUrl));
  }

  async #kill({ target, pick }: ChaosKill): Promise<boolean> {
    const { source, destination } = this.#options;
    const worker = this.#workers[Math.floor(pick * this.#workers.length)];
    switch (target) {
      case "worker":
        await worker?.stop("SIGKILL");
        return worker !== undefined;
      case "run-process": {
        const pids = this.#workers.flatMap((one) => one.runProcessIds());
        const pid = pids[Math.floor(pick * pids.length)];
        if (pid !== undefined) process.kill(pid, "SIGKILL");
        return pid !== undefined;
      }
      case "source-backend":
        return killBackend(source, pick);
      case "destination-backend":
        return killBackend(destination, pick);
      case "source-server":
        await source.crash?.();
        return source.crash !== undefined;
      case "destination-server":
        await destination.crash?.();
        return destination.crash !== undefined;
    }
  }

  /** Triggers a pipeline as soon as it rests. */
  async #keepRunning(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      for (const lane of this.#lanes) if ((await this.#active(lane)) === 0) await this.#trigger(lane);
      await delay(POLL_MS);
    }
  }

  #active({ pipelineId }: Lane): Promise<number> {
    return this.#store
      .forOrganization(this.#organizationId)
      .count(PipelineRun, { pipeline: pipelineId, status: { $in: ["pending", "running"] } });
  }

  async #trigger({ pipelineId }: Lane): Promise<string> {
    return this.#store.forOrganization(this.#organizationId).transactional(async (em) => {
      const run = em.create(PipelineRun, {
        id: newId(),
        organizationId: this.#organizationId,
        pipeline: em.getReference(Pipeline, pipelineId),
        trigger: "manual",
      });
      await em.flush();
      await this.#store.queue.enqueue(em, { runId: run.id, organizationId: this.#organizationId });
      return run.id;
    });
  }

  async #settle(): Promise<string[]> {
    const faults: string[] = [];
    for (const lane of this.#lanes) {
      if (!(await this.#rests(lane))) faults.push(`a run of ${lane.from} to ${lane.to} is stuck`);
      const last = await this.#trigger(lane);
      if (!(await this.#rests(lane))) faults.push(`the last run of ${lane.from} to ${lane.to} is stuck`);
      const run = await this.#store.forOrganization(this.#organizationId).findOneOrFail(PipelineRun, { id: last });
      if (run.status !== "success") faults.push(`the last run of ${lane.from} to ${lane.to} is ${run.status}`);
    }
    for (const lane of this.#lanes) faults.push(...(await this.#faultsOf(lane)));
    await Promise.all(this.#workers.map((worker) => worker.stop("SIGTERM")));
    faults.push(...(await this.#leftovers()));
    return faults;
  }

  async #rests(lane: Lane): Promise<boolean> {
    const giveUpAt = performance.now() + END_PATIENCE_MS;
    while ((await this.#active(lane)) > 0) {
      if (performance.now() > giveUpAt) return false;
      await delay(POLL_MS);
    }
    return true;
  }

  async #faultsOf({ pipelineId, from, to, writeMode }: Lane): Promise<string[]> {
    const { source, destination } = this.#options;
    const successes = await this.#store
      .forOrganization(this.#organizationId)
      .count(PipelineRun, { pipeline: pipelineId, status: "success" });
    const expected = writeMode === "append" ? successes : 1;
    const counts = await compare(source, destination, from, to);
    return Object.entries(counts)
      .filter(([times]) => times !== String(expected))
      .map(([times, rows]) => `${rows} rows of ${from} are ${times} times in ${to} and should be ${expected} times`);
  }

  async #leftovers(): Promise<string[]> {
    const { source, destination } = this.#options;
    const tables = await ask<{ name: string }>(
      destination,
      `select relname as name from pg_class where relkind = 'r' and relname ~ '^_?(?:millrace_)?stage_'
       union all select stage from _millrace.stage union all select distinct stage from _millrace.chunk`,
    );
    const giveUpAt = performance.now() + 30_000;
    let sessions = 1;
    while (sessions > 0 && performance.now() < giveUpAt) {
      sessions = (await backendsOf(source)).length + (await backendsOf(destination)).length;
      if (sessions > 0) await delay(POLL_MS);
    }
    return [
      ...tables.map(({ name }) => `${name} was left behind`),
      ...(sessions === 0 ? [] : [`${sessions} sessions were left behind`]),
    ];
  }

  async #count(): Promise<Pick<ChaosReport, "runs" | "failures">> {
    const runs: Record<string, number> = {};
    const failures: Record<string, number> = {};
    const all = await this.#store
      .forOrganization(this.#organizationId)
      .find(PipelineRun, {}, { fields: ["status", "failure"] });
    for (const { status, failure } of all) {
      runs[status] = (runs[status] ?? 0) + 1;
      if (failure) failures[failure.code] = (failures[failure.code] ?? 0) + 1;
    }
    return { runs, failures };
  }
}

export { CHAOS_TARGETS } from "./chaos-schedule.ts";
export type { ChaosEnd } from "./chaos-ends.ts";
