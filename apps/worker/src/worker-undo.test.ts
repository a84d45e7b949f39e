import { Pipeline, PipelineRun } from "@millrace/db";
import { newId } from "@millrace/shared";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { setStage } from "./testing/stage.ts";
import { WorkerProcess } from "./testing/worker-process.ts";

// Ceilings for a busy machine; everything here ends as soon as its condition holds.
vi.setConfig({ testTimeout: 120_000 });

const stage = await setStage();
const workers: WorkerProcess[] = [];
const start = async (failpoints?: string) => {
  const worker = await WorkerProcess.start(stage.databaseUrl, failpoints);
  workers.push(worker);
  return worker;
};
let pipelineId: string;
beforeEach(async () => {
  await stage.destination.query(`drop schema if exists _millrace cascade; drop table if exists arrived;
    create table arrived as select 1 as id, 'old' as name; alter table arrived add primary key (id)`);
  pipelineId = await stage.createPipeline({ policies: { undo: { keepHours: 1 } } });
});
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.stop();
  await stage.platform.query("delete from pipelines");
});
afterAll(() => stage.close());

/** As `runs.undo` starts it. */
const triggerUndo = (undoes: string) =>
  stage.store.forOrganization(stage.organizationId).transactional(async (em) => {
    const { organizationId } = stage;
    const pipeline = em.getReference(Pipeline, pipelineId);
    const run = em.create(PipelineRun, { id: newId(), organizationId, pipeline, trigger: "undo", undoes });
    await em.flush();
    await stage.store.queue.enqueue(em, { runId: run.id, organizationId });
    return run.id;
  });
const count = async () => (await stage.destination.query("select count(*)::int as n from arrived")).rows[0].n;
const keptTables = async () =>
  (await stage.destination.query("select from pg_class where relname ~ '^_millrace_previous_[0-9]+$'")).rowCount;

async function replaced(): Promise<string> {
  const worker = await start();
  const runId = await stage.trigger(pipelineId);
  await stage.waitForRun(runId, "success");
  expect(await count()).toBe(1000);
  await worker.stop();
  return runId;
}

test("an undo is a run of its own, which says what it does and what it did", async () => {
  const runId = await replaced();
  await start();
  const undoId = await triggerUndo(runId);
  expect(await stage.waitForRun(undoId, "success")).toMatchObject({ undoes: runId, recordsProcessed: 1, proof: null });
  expect((await stage.destination.query("select * from arrived")).rows).toEqual([{ id: 1, name: "old" }]);
  const log = (await stage.readLog(undoId)).map(({ message }) => message);
  expect(log).toContain(`undo: public.arrived gets back its 1 rows from before run ${runId}, whose 1000 rows go`);
});

test("an undo after somebody has written fails with the reason, and leaves what they wrote", async () => {
  const runId = await replaced();
  await stage.destination.query("update arrived set name = 'mine' where id = 7");
  await start();
  const { failure } = await stage.waitForRun(await triggerUndo(runId), "failed");
  expect(failure).toMatchObject({ code: "UNDO_UNAVAILABLE", side: "destination" });
  expect(failure?.message).toContain("somebody has since written to the table");
  expect((await stage.destination.query("select name from arrived where id = 7")).rows).toEqual([{ name: "mine" }]);
});

test.each([
  ["during-swap=kill@3", 1000],
  ["before-publish-commit=kill", 1000],
  ["after-publish-commit=kill", 1],
])(
  "a worker that is killed at %s leaves one table or the other, and the next one ends the undo",
  async (trap, rows) => {
    const runId = await replaced();
    const first = await start(trap);
    const undoId = await triggerUndo(runId);
    await vi.waitFor(() => expect(first.child.signalCode).toBe("SIGKILL"), { timeout: 60_000, interval: 20 });
    expect(await count()).toBe(rows);
    await start();
    await stage.waitForRun(undoId, "success");
    expect(await count()).toBe(1);
    expect(await keptTables()).toBe(0);
  },
);
