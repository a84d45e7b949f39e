import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type ClaimedRun, openStore, Pipeline, PipelineRun, RunLogLine } from "../index.ts";
import { createPipeline, createRun, type PipelineFixture } from "../testing/pipeline-fixture.ts";
import { testDatabase } from "../testing/index.ts";

const database = await testDatabase();
const options = { databaseUrl: database.url, applicationName: "claims test" };
const store = openStore(options);
const { claims } = store;
const superuser = new Client({ connectionString: database.superuserUrl });
beforeAll(() => superuser.connect());
afterAll(async () => {
  await store.close();
  await superuser.end();
});

let pipeline: PipelineFixture;
let runId: string;
beforeEach(async () => {
  // A sweep looks at every run of the database, so each test starts without the others'.
  await superuser.query("delete from pipelines");
  pipeline = await createPipeline(store);
  runId = await createRun(store, pipeline);
});

const claimed = async (worker = "w1"): Promise<ClaimedRun> => {
  const run = await claims.claim(runId, worker);
  if (!run) throw new ReferenceError("the run could not be claimed");
  return run;
};
const em = () => store.forOrganization(pipeline.organizationId);
const readRun = () => em().findOneOrFail(PipelineRun, { id: runId });
const readPipeline = () => em().findOneOrFail(Pipeline, { id: pipeline.pipelineId });
/** As if the worker had been silent for that long. */
const expireLease = () =>
  superuser.query("update pipeline_runs set lease_until = now() - interval '1 ms' where id = $1", [runId]);
const jobs = async () =>
  (await superuser.query("select from pgboss.job where singleton_key = $1 and state < 'active'", [runId])).rowCount;
const loseJobs = () => superuser.query("delete from pgboss.job");

describe("a claim", () => {
  test("makes run and pipeline running under the next fence, with a lease of 15 seconds of the database's time", async () => {
    const run = await claimed();
    expect(run).toEqual({ ...pipeline, runId, fence: 1, attempt: 1 });
    expect(await readRun()).toMatchObject({ status: "running", fence: 1, attempt: 1, workerId: "w1" });
    expect(await readPipeline()).toMatchObject({ status: "running", fence: 1 });
    const { rows } = await superuser.query(
      "select extract(epoch from lease_until - now())::float8 as lease from pipeline_runs where id = $1",
      [runId],
    );
    expect(rows[0].lease).toBeGreaterThan(14);
    expect(rows[0].lease).toBeLessThanOrEqual(15);
  });

  test("of many at once succeeds once", async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, (_, index) => claims.claim(runId, `w${index}`)));
    expect(answers.filter((answer) => answer !== null)).toHaveLength(1);
  });

  test("is refused while the lease holds, and succeeds after it with a higher fence and the first start time", async () => {
    const first = await claimed();
    const { startTime } = await readRun();
    expect(await claims.claim(runId, "w2")).toBeNull();
    await expireLease();
    expect(await claims.claim(runId, "w2")).toMatchObject({ fence: first.fence + 1, attempt: 2 });
    expect((await readRun()).startTime).toEqual(startTime);
  });

  test("is refused for a run that has ended, and for one that is not there", async () => {
    await em().nativeUpdate(PipelineRun, { id: runId }, { status: "cancelled" });
    expect(await claims.claim(runId, "w1")).toBeNull();
    expect(await claims.claim(pipeline.pipelineId, "w1")).toBeNull();
  });

  test("never repeats a fence over the runs of a pipeline", async () => {
    const fences: number[] = [];
    for (let round = 0; round < 3; round++) {
      fences.push((await claimed()).fence);
      await em().nativeUpdate(PipelineRun, { id: runId }, { status: "success" });
      runId = await createRun(store, pipeline);
    }
    expect(fences).toEqual([1, 2, 3]);
  });
});

describe("a heartbeat", () => {
  test("prolongs the lease and says that nobody asked to cancel", async () => {
    const run = await claimed();
    await expireLease();
    expect(await claims.heartbeat([run], "w1")).toEqual([
      { runId, fence: run.fence, isHeld: true, isCancelRequested: false },
    ]);
    expect(await claims.claim(runId, "w2")).toBeNull();
  });

  test("tells of a request to cancel", async () => {
    const run = await claimed();
    await em().nativeUpdate(PipelineRun, { id: runId }, { cancelRequestedAt: new Date() });
    expect(await claims.heartbeat([run], "w1")).toMatchObject([{ isHeld: true, isCancelRequested: true }]);
  });

  test("tells the one who lost the run, and prolongs nothing for them", async () => {
    const first = await claimed("w1");
    await expireLease();
    const second = await claimed("w2");
    await expireLease();
    expect(await claims.heartbeat([first], "w1")).toMatchObject([{ isHeld: false }]);
    expect(await claims.claim(runId, "w3")).toMatchObject({ fence: second.fence + 1 });
  });

  test("answers in the order of the question, for runs that are gone as well", async () => {
    const run = await claimed();
    const gone = { runId: pipeline.pipelineId, fence: 9 };
    expect(await claims.heartbeat([gone, run, gone], "w1")).toMatchObject([
      { ...gone, isHeld: false },
      { runId, isHeld: true },
      { ...gone, isHeld: false },
    ]);
  });
});

describe("a sweep", () => {
  test("leaves alone what is held, and what waits with its job", async () => {
    expect(await claims.sweep()).toEqual([]);
    await claimed();
    expect(await claims.sweep()).toEqual([]);
  });

  test("puts a run whose worker vanished back into the queue and writes so into its log", async () => {
    const run = await claimed();
    await loseJobs();
    await expireLease();
    expect(await claims.sweep()).toEqual([{ runId, organizationId: pipeline.organizationId, outcome: "requeued" }]);
    expect(await readRun()).toMatchObject({ status: "pending", workerId: null, attempt: 1 });
    expect(await jobs()).toBe(1);
    expect(await em().find(RunLogLine, { run: runId })).toMatchObject([{ seq: 1, level: "warn" }]);
    expect(await claims.heartbeat([run], "w1")).toMatchObject([{ isHeld: false }]);
  });

  test("of many at once handles each run once", async () => {
    await claimed();
    await expireLease();
    const swept = (await Promise.all(Array.from({ length: 6 }, () => claims.sweep()))).flat();
    expect(swept).toHaveLength(1);
    expect(await jobs()).toBe(1);
  });

  test("gives up a run that three workers did not survive, in words for its reader", async () => {
    for (const worker of ["w1", "w2", "w3"]) {
      await claimed(worker);
      await expireLease();
      await claims.sweep();
    }
    const run = await readRun();
    expect(run).toMatchObject({ status: "failed", failure: { code: "RUN_ABANDONED", side: "millrace" } });
    expect(run.errorMessage).toContain("3 times");
    expect(run.endTime).toBeInstanceOf(Date);
    expect(run.log.split("\n")).toHaveLength(3);
    expect(await readPipeline()).toMatchObject({ status: "failed", lastRunAt: expect.any(Date) });
    expect(await em().find(RunLogLine, { run: runId }, { orderBy: { seq: "asc" } })).toMatchObject([
      { seq: 1 },
      { seq: 2 },
      { seq: 3, level: "error" },
    ]);
  });

  test("gives a run that gets further with each worker to as many as it takes, and gives up once three got no further", async () => {
    for (const committed of [1, 3, 4, 9]) {
      const { fence, attempt } = await claimed();
      await em().nativeUpdate(
        PipelineRun,
        { id: runId, fence },
        { checkpointCount: committed, checkpointAttempt: attempt },
      );
      await expireLease();
      expect(await claims.sweep()).toMatchObject([{ outcome: "requeued" }]);
    }
    const outcomes: unknown[] = [];
    for (const worker of ["w1", "w2", "w3"]) {
      await claimed(worker);
      await expireLease();
      outcomes.push(...(await claims.sweep()).map(({ outcome }) => outcome));
    }
    expect(outcomes).toEqual(["requeued", "requeued", "abandoned"]);
    expect(await readRun()).toMatchObject({ attempt: 7, failure: { code: "RUN_ABANDONED" } });
  });

  test("ends a run that was to be cancelled when its worker vanished", async () => {
    await em().nativeUpdate(Pipeline, { id: pipeline.pipelineId }, { isEnabled: true });
    await claimed();
    await em().nativeUpdate(PipelineRun, { id: runId }, { cancelRequestedAt: new Date() });
    await expireLease();
    expect(await claims.sweep()).toMatchObject([{ outcome: "cancelled" }]);
    expect(await readRun()).toMatchObject({ status: "cancelled" });
    expect(await readPipeline()).toMatchObject({ status: "active" });
  });

  test.each([
    ["failed", "failed"],
    ["success", "active"],
  ] as const)("leaves the pipeline of a verification as its last load has, which was %s", async (status, rests) => {
    await em().nativeUpdate(PipelineRun, { id: runId }, { status, endTime: new Date() });
    await em().nativeUpdate(Pipeline, { id: pipeline.pipelineId }, { isEnabled: true });
    for (const outcome of ["abandoned", "cancelled"]) {
      runId = await createRun(store, pipeline, "verify");
      const isCancelled = outcome === "cancelled";
      for (let tries = isCancelled ? 1 : 3; tries > 0; tries--) {
        await claimed();
        if (isCancelled) await em().nativeUpdate(PipelineRun, { id: runId }, { cancelRequestedAt: new Date() });
        await expireLease();
        await claims.sweep();
      }
      expect((await readRun()).status).toBe(isCancelled ? "cancelled" : "failed");
      expect(await readPipeline()).toMatchObject({ status: rests, lastRunAt: null });
    }
  });

  test("queues a pending run again whose job was lost", async () => {
    await loseJobs();
    expect(await claims.sweep()).toMatchObject([{ runId, outcome: "requeued" }]);
    expect(await jobs()).toBe(1);
    expect(await claims.sweep()).toEqual([]);
  });

  test("queues a pending run again whose job was taken by a worker that vanished before the claim", async () => {
    await superuser.query("update pgboss.job set state = 'active', started_on = now()");
    expect(await claims.sweep()).toEqual([]);
    await superuser.query("update pgboss.job set started_on = now() - interval '16 s'");
    expect(await claims.sweep()).toMatchObject([{ runId, outcome: "requeued" }]);
    expect(await jobs()).toBe(1);
  });
});

describe("a release", () => {
  test("gives a run back without costing an attempt", async () => {
    const run = await claimed();
    await loseJobs();
    await claims.release([run], "w1");
    expect(await readRun()).toMatchObject({ status: "pending", attempt: 0, workerId: null, leaseUntil: null });
    expect(await jobs()).toBe(1);
    expect(await claims.claim(runId, "w2")).toMatchObject({ attempt: 1, fence: 2 });
  });

  test("does not give the next worker a death for nothing", async () => {
    const run = await claimed();
    await em().nativeUpdate(PipelineRun, { id: runId }, { checkpointCount: 2, checkpointAttempt: run.attempt });
    await claims.release([run], "w1");
    for (const outcome of ["requeued", "requeued", "abandoned"]) {
      await claimed();
      await expireLease();
      expect(await claims.sweep()).toMatchObject([{ outcome }]);
    }
  });

  test("leaves a run that somebody else holds", async () => {
    const run = await claimed("w1");
    await expireLease();
    await claimed("w2");
    await claims.release([run], "w1");
    expect(await readRun()).toMatchObject({ status: "running", workerId: "w2" });
  });
});

test("a claim and the deletion of its pipeline never wait for each other in a circle", async () => {
  const outcomes = await Promise.allSettled(
    Array.from({ length: 20 }, async () => {
      const own = await createPipeline(store);
      const run = await createRun(store, own);
      const done = await Promise.all([
        claims.claim(run, "w"),
        store.forOrganization(own.organizationId).nativeDelete(Pipeline, { id: own.pipelineId }),
      ]);
      return done[1];
    }),
  );
  expect(outcomes).toEqual(outcomes.map(() => ({ status: "fulfilled", value: 1 })));
});

test("a process that sleeps in the middle of a transaction does not keep its run from being taken over", async () => {
  const sleeper = openStore({ ...options, leaseSeconds: 1 });
  const asleep = sleeper.forOrganization(pipeline.organizationId);
  try {
    const run = await sleeper.claims.claim(runId, "sleeper");
    await asleep.begin();
    await asleep.execute("select from pipeline_runs where id = ? for update", [run?.runId]);
    await vi.waitFor(async () => expect(await claims.sweep()).toMatchObject([{ runId, outcome: "requeued" }]), {
      timeout: 30_000,
      interval: 100,
    });
    expect(await claims.claim(runId, "w2")).toMatchObject({ attempt: 2 });
  } finally {
    await asleep.rollback().catch(() => {});
    await sleeper.close();
  }
});

test("workers that were heard of count, with the runs that they would still take", async () => {
  expect(await claims.workersUp()).toEqual({ workers: 0, free: 0 });
  await claims.reportWorker("w1", { slots: 4, busy: 1 });
  await claims.reportWorker("w2", { slots: 2, busy: 2 });
  expect(await claims.workersUp()).toEqual({ workers: 2, free: 3 });
  await claims.reportWorker("w1", { slots: 4, busy: 4 });
  expect(await claims.workersUp()).toEqual({ workers: 2, free: 0 });
  await claims.forgetWorker("w2");
  await superuser.query("update millrace.workers set seen_at = now() - interval '16 s'");
  expect(await claims.workersUp()).toEqual({ workers: 0, free: 0 });
  await claims.forgetWorker("w1");
});

test("claims survive the loss of every connection", async () => {
  await claimed();
  await superuser.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'claims test%'",
  );
  await vi.waitFor(async () => expect(await claims.sweep()).toEqual([]), 30_000);
});
