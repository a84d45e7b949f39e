import { wrap } from "@mikro-orm/core";
import type { PipelineRun } from "@millrace/db";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { setStage } from "./testing/stage.ts";
import { isAlive, WorkerProcess } from "./testing/worker-process.ts";

// Ceilings for a busy machine; everything here ends as soon as its condition holds.
vi.setConfig({ testTimeout: 120_000 });

const stage = await setStage();
const workers: WorkerProcess[] = [];
const start = async () => {
  const worker = await WorkerProcess.start(stage.databaseUrl);
  workers.push(worker);
  return worker;
};
afterAll(() => stage.close());
beforeEach(async () => {
  await stage.destination.query("drop table if exists arrived");
  await stage.destination.query("create table arrived as select 1::bigint as id, 'old' as note");
});
afterEach(async () => {
  await stage.openGate();
  for (const worker of workers.splice(0)) await worker.stop();
  await stage.platform.query("delete from pipelines");
});

const ids = async () =>
  (await stage.destination.query("select count(*)::int as rows, count(distinct id)::int as ids from arrived")).rows[0];
/** What a run may leave at its ends: sessions, and tables beside the destination's. */
const leftovers = async () => {
  const tables = await stage.destination.query(
    "select relname from pg_class where relkind = 'r' and relname <> 'arrived' and relnamespace not in (select oid from pg_namespace where nspname ~ '^pg_|^information_schema$|^_millrace$')",
  );
  return { sessions: await stage.sessionsAtEnds(), tables: tables.rows };
};
const nothing = { sessions: [], tables: [] };

test("a worker that is killed in the middle of a copy leaves the old table, and another one ends the run", async () => {
  const first = await start();
  await stage.shutGate();
  const runId = await stage.trigger(await stage.createPipeline({ sourceTable: "public.gated" }));
  await stage.waitAtGate();
  const runProcesses = first.runProcessIds();
  expect(runProcesses.length).toBeGreaterThan(0);
  await first.stop("SIGKILL");
  await vi.waitFor(() => expect(runProcesses.filter(isAlive)).toEqual([]), 30_000);
  expect(await ids()).toEqual({ rows: 1, ids: 1 });
  await start();
  await stage.openGate();
  expect(await stage.waitForRun(runId, "success")).toMatchObject({ attempt: 2, recordsProcessed: 10_000 });
  expect(await ids()).toEqual({ rows: 10_000, ids: 10_000 });
  const lines = await stage.readLog(runId);
  expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, index) => index + 1));
  await vi.waitFor(async () => expect(await leftovers()).toEqual(nothing), 40_000);
});

test("a run whose process is killed fails with a reason, and its worker takes the next", async () => {
  const worker = await start();
  await stage.shutGate();
  const pipelineId = await stage.createPipeline({ sourceTable: "public.gated" });
  const runId = await stage.trigger(pipelineId);
  await stage.waitAtGate();
  for (const pid of worker.runProcessIds()) process.kill(pid, "SIGKILL");
  const run = await stage.waitForRun(runId, "failed");
  expect(run.failure).toMatchObject({ code: "RUN_CRASHED", side: "millrace" });
  expect(await ids()).toEqual({ rows: 1, ids: 1 });
  await stage.openGate();
  await stage.waitForRun(await stage.trigger(pipelineId), "success");
});

test.each([
  ["append", 10_001],
  ["replace", 10_000],
] as const)("a worker that wakes up after its %s was taken over changes nothing any more", async (writeMode, rows) => {
  const first = await start();
  await stage.shutGate();
  const pipelineId = await stage.createPipeline({ sourceTable: "public.gated", writeMode });
  const runId = await stage.trigger(pipelineId);
  await stage.waitAtGate();
  const asleep = [first.child.pid ?? 0, ...first.runProcessIds()];
  for (const pid of asleep) process.kill(pid, "SIGSTOP");
  let ended: PipelineRun;
  try {
    await start();
    await vi.waitFor(async () => expect(await stage.readRun(runId)).toMatchObject({ attempt: 2 }), 30_000);
    await stage.openGate();
    ended = await stage.waitForRun(runId, "success");
  } finally {
    for (const pid of asleep) process.kill(pid, "SIGCONT");
  }
  // The sleeper learns at its next heartbeat that the run is gone, and lets go of both ends.
  await vi.waitFor(async () => expect(await stage.sessionsAtEnds()).toEqual([]), 40_000);
  expect(await ids()).toEqual({ rows, ids: 10_000 });
  expect(wrap(await stage.readRun(runId)).toPOJO()).toEqual(wrap(ended).toPOJO());
});

test("SIGTERM hands a run back without costing an attempt", async () => {
  const worker = await start();
  await stage.shutGate();
  const runId = await stage.trigger(await stage.createPipeline({ sourceTable: "public.gated" }));
  await stage.waitAtGate();
  await worker.stop("SIGTERM");
  expect(worker.child.exitCode).toBe(0);
  expect(await stage.readRun(runId)).toMatchObject({ status: "pending", attempt: 0 });
  expect(await ids()).toEqual({ rows: 1, ids: 1 });
});
