import { Pipeline, PipelineRun } from "@millrace/db";
import { SchemaState } from "@millrace/shared";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { setStage } from "./testing/stage.ts";
import { WorkerProcess } from "./testing/worker-process.ts";

// A ceiling for a busy machine; everything here ends as soon as its condition holds.
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
  await stage.source.query(`drop table if exists changing; create table changing (id int primary key, name text);
    insert into changing values (1, 'one')`);
  await stage.destination.query("drop schema if exists _millrace cascade; drop table if exists arrived");
  pipelineId = await stage.createPipeline({ sourceTable: "public.changing" });
});
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.stop();
  await stage.platform.query("delete from pipelines");
});
afterAll(() => stage.close());

const em = () => stage.store.forOrganization(stage.organizationId);
const stateOf = async () => {
  const pipeline = await em().findOneOrFail(Pipeline, { id: pipelineId }, { populate: ["schemaState"] });
  return SchemaState.parse(pipeline.schemaState);
};
const schemaOf = async (id: string) =>
  (await em().findOneOrFail(PipelineRun, { id }, { populate: ["schema"] })).schema ?? null;
const setState = (state: object) =>
  stage.platform.query("update pipelines set schema_state = $2 where id = $1", [pipelineId, state]);
const namesOf = (columns: readonly { name: string }[] = []) => columns.map(({ name }) => name);

async function runTo(status: "success" | "failed"): Promise<string> {
  const runId = await stage.trigger(pipelineId);
  await stage.waitForRun(runId, status);
  return runId;
}

test("the first run agrees on what it finds, and the next one is held against it", async () => {
  await start();
  const first = await runTo("success");
  expect(await schemaOf(first)).toMatchObject({ verdict: "same", changes: [] });
  const { agreed } = await stateOf();
  expect(namesOf(agreed?.source.columns)).toEqual(["id", "name"]);
  expect(agreed?.destination?.primaryKey).toEqual(["id"]);

  await stage.source.query("alter table changing add column extra int");
  const second = await runTo("failed");
  expect((await stage.readRun(second)).failure).toMatchObject({ code: "SCHEMA_CHANGED", side: "source" });
  expect(await schemaOf(second)).toMatchObject({
    verdict: "waits",
    changes: [{ kind: "column_added", column: "extra" }],
  });
  const waiting = await stateOf();
  expect(waiting.agreed).toEqual(agreed);
  expect(waiting.waiting).toMatchObject({
    runId: second,
    policy: "ask",
    statements: [`alter table "public"."arrived" add column "extra" integer`],
  });
});

test("what was accepted is done by the next run, with which the agreement moves on", async () => {
  await start();
  await runTo("success");
  await stage.source.query("alter table changing add column extra int default 7");
  await runTo("failed");
  const { waiting, ...state } = await stateOf();
  await setState({ ...state, accepted: waiting?.source, waiting: null });
  expect(await schemaOf(await runTo("success"))).toMatchObject({ verdict: "applied" });
  expect((await stage.destination.query("select extra from arrived")).rows).toEqual([{ extra: 7 }]);
  const moved = await stateOf();
  expect(moved).toMatchObject({ accepted: null, waiting: null });
  expect(namesOf(moved.agreed?.source.columns)).toEqual(["id", "name", "extra"]);
  expect(namesOf(moved.agreed?.destination?.columns)).toEqual(["id", "name", "extra"]);
  expect(await schemaOf(await runTo("success"))).toMatchObject({ verdict: "same" });
});

test("a pipeline that was changed under a run agrees on nothing that this run has found", async () => {
  await start();
  await stage.shutGate();
  await stage.platform.query("update pipelines set source_table = 'public.gated' where id = $1", [pipelineId]);
  const runId = await stage.trigger(pipelineId);
  await stage.waitAtGate();
  await setState({ edition: "another" });
  await stage.openGate();
  await stage.waitForRun(runId, "success");
  expect(await stateOf()).toEqual({ edition: "another", agreed: null, accepted: null, waiting: null });
});

test("a worker that dies after its commit leaves the agreement as it was, and the run does not ask again", async () => {
  const first = await start();
  await runTo("success");
  await stage.source.query("alter table changing add column extra int default 7");
  await first.stop();
  const { agreed } = await stateOf();
  const source = { ...agreed?.source, columns: [...(agreed?.source.columns ?? [])] };
  source.columns.push({ name: "extra", type: "integer", isNullable: true });
  await setState({ agreed, accepted: source });

  const doomed = await start("after-publish-commit=kill");
  const runId = await stage.trigger(pipelineId);
  await vi.waitFor(() => expect(doomed.isUp).toBe(false), { timeout: 60_000, interval: 50 });
  await start();
  await stage.waitForRun(runId, "success");
  expect((await stage.destination.query("select extra from arrived")).rows).toEqual([{ extra: 7 }]);
  expect(await schemaOf(await runTo("success"))).toMatchObject({ verdict: "applied" });
  expect(namesOf((await stateOf()).agreed?.source.columns)).toEqual(["id", "name", "extra"]);
});
