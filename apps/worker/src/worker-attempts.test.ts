import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { setStage } from "./testing/stage.ts";
import { WorkerProcess } from "./testing/worker-process.ts";

// Ceilings for a busy machine; everything here ends as soon as its condition holds.
vi.setConfig({ testTimeout: 120_000 });

/** faults.md, Executing runs 5: a death counts as an attempt only if the run got no further than before. */
const stage = await setStage();
const workers: WorkerProcess[] = [];
const start = async (failpoints?: string) => {
  const worker = await WorkerProcess.start(stage.databaseUrl, failpoints);
  workers.push(worker);
  return worker;
};

beforeAll(async () => {
  await stage.source.query(`create table many (id int primary key, note text not null);
    insert into many select i, repeat(md5(i::text), 2) from generate_series(1, 8000) i`);
});
beforeEach(() => stage.destination.query("drop table if exists arrived"));
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.stop();
  await stage.platform.query("delete from pipelines");
});
afterAll(() => stage.close());

const trigger = async () =>
  stage.trigger(
    await stage.createPipeline({ sourceTable: "public.many", limits: { parallelism: 1, chunkBytes: 64 * 1024 } }),
  );

test("a run whose workers die goes on for as long as each of them brings chunks", async () => {
  const runId = await trigger();
  for (const committed of [2, 4, 6, 8]) {
    const worker = await start("before-chunk-record=hang@3");
    await vi.waitFor(async () => expect((await stage.readRun(runId)).checkpointCount).toBe(committed), {
      timeout: 40_000,
      interval: 50,
    });
    await worker.stop("SIGKILL");
  }
  await start();
  expect(await stage.waitForRun(runId, "success")).toMatchObject({ attempt: 5, recordsProcessed: 8000 });
});

test("a run whose workers die before they have brought any is given up after three", async () => {
  const runId = await trigger();
  for (let death = 1; death <= 3; death++) {
    const worker = await start("after-source-begin=kill");
    await vi.waitFor(() => expect(worker.child.signalCode).toBe("SIGKILL"), { timeout: 40_000, interval: 50 });
  }
  await start();
  const { failure, attempt } = await stage.waitForRun(runId, "failed");
  expect({ code: failure?.code, attempt }).toEqual({ code: "RUN_ABANDONED", attempt: 3 });
});
