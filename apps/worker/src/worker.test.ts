import { openStore, Pipeline, PipelineRun, SecretBox, type Store } from "@millrace/db";
import { pino } from "pino";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { setStage } from "./testing/stage.ts";
import { SECRET_KEY, SHORT_LEASE_SECONDS, SHORT_TIMING } from "./testing/timing.ts";
import { startWorker, type Worker, type WorkerOptions } from "./worker.ts";

// Ceilings for a busy machine; everything here ends as soon as its condition holds.
vi.setConfig({ testTimeout: 90_000 });

const stage = await setStage();
const workers: { worker: Worker; store: Store }[] = [];
afterAll(() => stage.close());
beforeEach(() => stage.destination.query("drop table if exists arrived"));
afterEach(async () => {
  await stage.openGate();
  for (const { worker, store } of workers.splice(0)) {
    await worker.stop(0);
    await store.close();
  }
  await stage.platform.query("delete from pipelines");
});

const logger = pino({ level: "silent" });
async function startOne(options: Partial<WorkerOptions> = {}): Promise<Worker> {
  const store = openStore({
    databaseUrl: stage.databaseUrl,
    applicationName: "worker under test",
    leaseSeconds: SHORT_LEASE_SECONDS,
  });
  const worker = await startWorker({
    store,
    secretBox: new SecretBox(SECRET_KEY),
    logger,
    allowPrivateNetworks: true,
    timing: SHORT_TIMING,
    ...options,
  });
  workers.push({ worker, store });
  return worker;
}

const arrived = async () => (await stage.destination.query("select count(*)::int as n from arrived")).rows[0].n;

test("a run is taken, executed, proved and ended, and its pipeline rests", async () => {
  await startOne();
  const pipelineId = await stage.createPipeline({ isEnabled: true, status: "active" });
  const runId = await stage.trigger(pipelineId);
  const run = await stage.waitForRun(runId, "success");
  expect(run).toMatchObject({
    attempt: 1,
    recordsProcessed: 1000,
    recordsFailed: 0,
    failure: null,
    errorMessage: null,
    leaseUntil: null,
    proof: { isVerified: true, sourceDigest: { rowCount: 1000 }, destinationDigest: { rowCount: 1000 } },
    progress: { rows: 1000 },
  });
  expect(run.startTime?.getTime()).toBeLessThanOrEqual(run.endTime?.getTime() ?? 0);
  expect(await stage.readPipeline(pipelineId)).toMatchObject({ status: "active", lastRunAt: expect.any(Date) });
  const lines = await stage.readLog(runId);
  expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, index) => index + 1));
  expect(run.log.split("\n")).toHaveLength(lines.length);
  expect(run.log).toContain(lines.at(-1)?.message);
  expect(await arrived()).toBe(1000);
});

test("a pipeline with a cursor reads what has changed since the run before, or a window once more", async () => {
  await startOne();
  await stage.source.query(`create table changing (id int primary key, at timestamptz not null);
    insert into changing select i, timestamptz '2026-01-01' + i * interval '1 minute' from generate_series(1, 100) i`);
  const pipelineId = await stage.createPipeline({
    sourceTable: "public.changing",
    destinationTable: "public.changed",
    writeMode: "merge",
    policies: { incremental: { cursor: "at" } },
  });
  const run = async (backfill?: { from: string; to: null }) => {
    const runId = await stage.trigger(pipelineId, backfill);
    return (await stage.waitForRun(runId, "success")).proof?.changes;
  };
  const none = { inserted: 0, updated: 0, deleted: 0, unchanged: 0, duplicates: 0 };
  expect(await run()).toEqual({ ...none, inserted: 100 });
  await stage.source.query("insert into changing values (101, now())");
  expect(await run()).toEqual({ ...none, inserted: 1, unchanged: 1 });
  expect(await run({ from: "2026-01-01 01:30+00", to: null })).toEqual({ ...none, unchanged: 12 });
  const runs = await stage.store
    .forOrganization(stage.organizationId)
    .find(PipelineRun, { pipeline: pipelineId }, { populate: ["cursor"], orderBy: { id: "asc" } });
  const [first, second, window] = runs.map(({ cursor }) => cursor);
  expect(first).toMatchObject({ column: "at", from: null, isBackfill: false });
  expect(second?.from).toBe(first?.to);
  expect(window).toMatchObject({ column: "at", to: null, isBackfill: true });
});

test("an ended run tells when its stages began and ended, and how its copy went", async () => {
  await startOne();
  const runId = await stage.trigger(await stage.createPipeline());
  const run = await stage.waitForRun(runId, "success");
  const stages = run.stages ?? [];
  expect(stages.map(({ stage: name }) => name)).toEqual(["plan", "copy", "verify", "publish"]);
  for (const [index, { startedAt, endedAt }] of stages.entries()) {
    expect(Date.parse(endedAt ?? "")).toBeGreaterThanOrEqual(Date.parse(startedAt));
    expect(stages[index + 1]?.startedAt ?? endedAt).toBe(endedAt);
  }
  const { samples } = await stage.store
    .forOrganization(stage.organizationId)
    .findOneOrFail(PipelineRun, { id: runId }, { populate: ["samples"] });
  expect(samples?.rows.at(-1)).toBe(1000);
  expect(samples?.atMs).toHaveLength(samples?.rows.length ?? -1);
});

test("a run that cannot reach its source has stopped in its first stage", async () => {
  await startOne();
  const { rows } = await stage.platform.query(
    "update data_sources set database = 'nowhere' where name = 'source' returning id",
  );
  const run = await stage.waitForRun(await stage.trigger(await stage.createPipeline()), "failed");
  expect(run.failure?.code).toBe("DATABASE_MISSING");
  expect(run.stages).toMatchObject([{ stage: "plan", endedAt: expect.any(String) }]);
  await stage.platform.query("update data_sources set database = $2 where id = $1", [rows[0].id, stage.sourceDatabase]);
});

test("a worker that is up can be counted on until it stops", async () => {
  const worker = await startOne({ concurrency: 3 });
  const up = async () => (await stage.store.claims.workersUp()).free;
  await vi.waitFor(async () => expect(await up()).toBe(3), 30_000);
  await worker.stop(0);
  expect(await up()).toBe(0);
});

test("a run that fails says why in the words of the error table, and the next one may succeed", async () => {
  await startOne();
  const pipelineId = await stage.createPipeline({ sourceTable: "public.nowhere" });
  const runId = await stage.trigger(pipelineId);
  const run = await stage.waitForRun(runId, "failed");
  expect(run.failure).toMatchObject({ code: "SOURCE_TABLE_MISSING", side: "source" });
  expect(run.errorMessage).toBe(`${run.failure?.message}. ${run.failure?.hint}`);
  expect(await stage.readPipeline(pipelineId)).toMatchObject({ status: "failed" });
  await stage.source.query("create table nowhere (id int)");
  await stage.waitForRun(await stage.trigger(pipelineId), "success");
  expect(await stage.readPipeline(pipelineId)).toMatchObject({ status: "inactive" });
  await stage.source.query("drop table nowhere");
});

test("progress and log arrive while the run is under way", async () => {
  await startOne();
  await stage.shutGate();
  const runId = await stage.trigger(await stage.createPipeline({ sourceTable: "public.gated" }));
  await stage.waitAtGate();
  await vi.waitFor(async () => {
    expect((await stage.readRun(runId)).progress).toMatchObject({ stage: "copy" });
    expect((await stage.readLog(runId)).length).toBeGreaterThan(0);
  }, 30_000);
  await stage.openGate();
  await stage.waitForRun(runId, "success");
  expect(await arrived()).toBe(10_000);
});

test("a cancelled run ends soon and leaves the destination as it was", async () => {
  await startOne();
  const pipelineId = await stage.createPipeline({ sourceTable: "public.gated" });
  await stage.waitForRun(await stage.trigger(pipelineId), "success");
  await stage.destination.query("delete from arrived where id > 7");
  await stage.shutGate();
  const runId = await stage.trigger(pipelineId);
  await stage.waitAtGate();
  await stage.platform.query("update pipeline_runs set cancel_requested_at = now() where id = $1", [runId]);
  const run = await stage.waitForRun(runId, "cancelled");
  expect(run.failure).toMatchObject({ code: "RUN_CANCELLED" });
  expect(await stage.readPipeline(pipelineId)).toMatchObject({ status: "inactive" });
  expect(await arrived()).toBe(7);
});

test("a run whose lease was lost is let go without a word, and whoever has it now ends it", async () => {
  await startOne();
  await stage.shutGate();
  const runId = await stage.trigger(await stage.createPipeline({ sourceTable: "public.gated" }));
  await stage.waitAtGate();
  // A heartbeat may renew the lease between the two statements; then it is lost once more.
  await vi.waitFor(async () => {
    await stage.platform.query("update pipeline_runs set lease_until = now() - interval '1 s' where id = $1", [runId]);
    expect(await stage.store.claims.claim(runId, "another worker")).not.toBeNull();
  }, 30_000);
  // Nobody prolongs that claim, and it has to outlast what follows.
  await stage.platform.query("update pipeline_runs set lease_until = now() + interval '1 min' where id = $1", [runId]);
  await vi.waitFor(async () => expect(await stage.sessionsAtEnds()).toEqual([]), 30_000);
  expect(await stage.readRun(runId)).toMatchObject({ status: "running", workerId: "another worker" });
});

test("a run whose pipeline is deleted under it is let go", async () => {
  await startOne();
  await stage.shutGate();
  const pipelineId = await stage.createPipeline({ sourceTable: "public.gated" });
  await stage.trigger(pipelineId);
  await stage.waitAtGate();
  await stage.store.forOrganization(stage.organizationId).nativeDelete(Pipeline, { id: pipelineId });
  await vi.waitFor(async () => expect(await stage.sessionsAtEnds()).toEqual([]), 30_000);
  const tables = await stage.destination.query("select to_regclass('arrived') as arrived");
  expect(tables.rows).toEqual([{ arrived: null }]);
});

describe("problems that go away by themselves", () => {
  test("are tried again within the run, which its log tells", async () => {
    await startOne();
    const pipelineId = await stage.createPipeline();
    const { rows } = await stage.platform.query(
      "update data_sources set port = 1 where name = 'destination' returning id",
    );
    const runId = await stage.trigger(pipelineId);
    await vi.waitFor(
      async () =>
        expect((await stage.readLog(runId)).map(({ message }) => message).join()).toMatch(/trying again \(2 of 3\)/),
      30_000,
    );
    await stage.platform.query(
      "update data_sources set port = (select port from data_sources where name = 'source') where id = $1",
      [rows[0].id],
    );
    expect(await stage.waitForRun(runId, "success")).toMatchObject({ attempt: 1 });
  });
});

test("a password that no key opens fails the run and says what to do", async () => {
  await startOne({ secretBox: new SecretBox("another key than the one that it was stored with") });
  const runId = await stage.trigger(await stage.createPipeline());
  expect((await stage.waitForRun(runId, "failed")).failure).toMatchObject({
    code: "SECRET_UNREADABLE",
    side: "millrace",
  });
});

test("more runs than the worker's concurrency wait their turn", async () => {
  await startOne({ concurrency: 2 });
  await stage.shutGate();
  const runIds: string[] = [];
  for (const n of [1, 2, 3]) {
    const pipelineId = await stage.createPipeline({
      sourceTable: "public.gated",
      destinationTable: `public.arrived_${n}`,
    });
    runIds.push(await stage.trigger(pipelineId));
  }
  const statuses = async () => (await Promise.all(runIds.map(stage.readRun))).map(({ status }) => status).sort();
  await vi.waitFor(async () => expect(await statuses()).toEqual(["pending", "running", "running"]), 30_000);
  await stage.openGate();
  await Promise.all(runIds.map((runId) => stage.waitForRun(runId, "success")));
});

test("two workers fire a due schedule once, and its run ends", async () => {
  // So rarely that the test never meets the minute at which it is due again.
  const pipelineId = await stage.createPipeline({
    schedule: "0 0 1 1 *",
    isEnabled: true,
    status: "active",
    nextRunAt: new Date(Date.now() - 1000),
  });
  await Promise.all([startOne(), startOne()]);
  const runs = () => stage.platform.query("select id, trigger from pipeline_runs where pipeline_id = $1", [pipelineId]);
  await vi.waitFor(async () => expect((await runs()).rowCount).toBe(1), 30_000);
  const [{ id, trigger }] = (await runs()).rows;
  expect(trigger).toBe("schedule");
  await stage.waitForRun(id, "success");
  expect((await stage.readPipeline(pipelineId)).nextRunAt?.getTime()).toBeGreaterThan(Date.now());
});

test("stopping waits for a run that ends within the grace, and takes no other", async () => {
  const worker = await startOne();
  await stage.shutGate();
  const running = await stage.trigger(await stage.createPipeline({ sourceTable: "public.gated" }));
  await stage.waitAtGate();
  const stopped = worker.stop(20_000);
  const waiting = await stage.trigger(await stage.createPipeline({ destinationTable: "public.other" }));
  await stage.openGate();
  await stopped;
  expect(await stage.readRun(running)).toMatchObject({ status: "success" });
  expect(await stage.readRun(waiting)).toMatchObject({ status: "pending", attempt: 0 });
});

test("a run that outlasts the grace is handed back without costing an attempt, and another worker ends it", async () => {
  const worker = await startOne();
  await stage.shutGate();
  const runId = await stage.trigger(await stage.createPipeline({ sourceTable: "public.gated" }));
  await stage.waitAtGate();
  await worker.stop(100);
  expect(await stage.readRun(runId)).toMatchObject({ status: "pending", attempt: 0, workerId: null });
  await stage.openGate();
  await startOne();
  expect(await stage.waitForRun(runId, "success")).toMatchObject({ attempt: 1 });
  const lines = await stage.readLog(runId);
  expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, index) => index + 1));
});

test("a worker outlives the loss of all its connections to the platform's database", async () => {
  await startOne();
  await stage.shutGate();
  const runId = await stage.trigger(await stage.createPipeline({ sourceTable: "public.gated" }));
  await stage.waitAtGate();
  for (let round = 0; round < 3; round++) {
    await stage.platform.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );
  }
  await stage.openGate();
  expect(await stage.waitForRun(runId, "success")).toMatchObject({ attempt: 1 });
});

// faults.md 10
test("a worker outlives a platform database that takes no writes for a while, and ends its run once it does", async () => {
  await startOne();
  await stage.shutGate();
  const runId = await stage.trigger(await stage.createPipeline({ sourceTable: "public.gated" }));
  await stage.waitAtGate();
  await readOnly(true);
  await stage.openGate();
  await expect.poll(arrived).toBe(10_000);
  expect((await stage.readRun(runId)).status).toBe("running");
  await readOnly(false);
  expect(await stage.waitForRun(runId, "success")).toMatchObject({ recordsProcessed: 10_000 });
  expect(await arrived()).toBe(10_000);
});

async function readOnly(isReadOnly: boolean): Promise<void> {
  const { rows } = await stage.platform.query<{ name: string }>("select current_database() as name");
  await stage.platform.query("set default_transaction_read_only = off");
  await stage.platform.query(
    `alter database ${rows[0]?.name} set default_transaction_read_only = ${isReadOnly ? "on" : "off"}`,
  );
  await stage.platform.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
  );
}
