import { openDifferences, Pipeline, PipelineRun, RunVerification, SecretBox } from "@millrace/db";
import { newId, type RepairTask } from "@millrace/shared";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";

import { setStage } from "./testing/stage.ts";
import { SECRET_KEY } from "./testing/timing.ts";
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
    create table arrived (id int primary key, name text);
    insert into arrived select n, 'item ' || n from generate_series(1, 1000) n`);
  pipelineId = await stage.createPipeline({ isEnabled: true, status: "failed" });
});
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.stop();
  await stage.platform.query("delete from pipelines");
});
afterAll(() => stage.close());

/** As `pipelines.verify` and `pipelines.repair` start them. */
const compare = (repair?: RepairTask) =>
  stage.store.forOrganization(stage.organizationId).transactional(async (em) => {
    const { organizationId } = stage;
    const pipeline = em.getReference(Pipeline, pipelineId);
    const trigger = repair ? "repair" : "verify";
    const run = em.create(PipelineRun, { id: newId(), organizationId, pipeline, trigger, repair: repair ?? null });
    await em.flush();
    await stage.store.queue.enqueue(em, { runId: run.id, organizationId });
    return run.id;
  });

async function resultOf(runId: string) {
  const em = stage.store.forOrganization(stage.organizationId);
  const { found, differences, repaired, ...place } = await em.findOneOrFail(RunVerification, { runId });
  return { found, repaired, differences: openDifferences(new SecretBox(SECRET_KEY), place, differences) };
}

const changeThree = () =>
  stage.destination.query(`update arrived set name = 'a secret' where id = 7; delete from arrived where id = 8;
    insert into arrived values (5000, 'more')`);
const CHANGED = [
  { key: ["7"], kind: "different", columns: ["name"] },
  { key: ["8"], kind: "missing", columns: [] },
  { key: ["5000"], kind: "unexpected", columns: [] },
];

test("a verification of equal tables succeeds, writes nothing to the destination, and counts as no load", async () => {
  await start();
  const before = await stage.readPipeline(pipelineId);
  const run = await stage.waitForRun(await compare(), "success");
  expect(run).toMatchObject({ recordsProcessed: 0, proof: null });
  const { found, differences } = await resultOf(run.id);
  expect(found).toMatchObject({ isEqual: true, sourceRows: 1000, destinationRows: 1000, differenceCount: 0 });
  expect(found?.sourceDigest).toEqual(found?.destinationDigest);
  expect(differences).toEqual([]);
  expect(await stage.readPipeline(pipelineId)).toMatchObject({ status: "active", lastRunAt: before.lastRunAt });
  const { rows } = await stage.destination.query("select to_regnamespace('_millrace') is null as untouched");
  expect(rows).toEqual([{ untouched: true }]);
});

test("a verification names exactly the rows that were changed by hand, and a repair mends them", async () => {
  await start();
  const loaded = await stage.trigger(pipelineId);
  await stage.waitForRun(loaded, "success");
  const { lastRunAt } = await stage.readPipeline(pipelineId);
  await changeThree();

  const run = await stage.waitForRun(await compare(), "failed");
  expect(run.failure).toMatchObject({ code: "ROWS_DIFFER", side: "destination" });
  expect(run.errorMessage).toContain("Table public.arrived differs from its source: 3 keys differ");
  expect((await resultOf(run.id)).differences).toEqual(CHANGED);
  expect(JSON.stringify(await stage.readLog(run.id)) + JSON.stringify(run)).not.toMatch(/a secret|5000/);

  const kept = await compare({ runId: run.id, deletesUnexpected: false });
  expect(await stage.waitForRun(kept, "success")).toMatchObject({ recordsProcessed: 2 });
  expect((await resultOf(kept)).repaired).toEqual({ inserted: 1, updated: 1, deleted: 0, left: 1 });
  const whole = await compare({ runId: run.id, deletesUnexpected: true });
  await stage.waitForRun(whole, "success");
  expect((await resultOf(whole)).repaired).toEqual({ inserted: 0, updated: 0, deleted: 1, left: 0 });
  await stage.waitForRun(await compare(), "success");
  expect(await stage.readPipeline(pipelineId)).toMatchObject({ status: "active", lastRunAt });
});

test("a load whose rows are changed as they arrive fails with the keys of these rows, sealed and in no log", async () => {
  const spoiled = "public.spoiled";
  await stage.destination.query(`drop table if exists spoiled; create table spoiled (id int primary key, name text);
    create or replace function spoil() returns trigger language plpgsql as $$ begin
      if new.id = 8 then return null; end if;
      if new.id = 777 then new.name := 'a secret'; end if; return new; end $$;
    create trigger spoil before insert on spoiled for each row execute function spoil()`);
  pipelineId = await stage.createPipeline({ destinationTable: spoiled, writeMode: "append", isEnabled: true });
  await start();
  const run = await stage.waitForRun(await stage.trigger(pipelineId), "failed");
  expect(run.failure).toMatchObject({ code: "DIGEST_MISMATCH", side: "destination" });
  expect(run.errorMessage).toContain("2 keys differ; 1000 rows at the source, 999 at the destination");
  const { found, differences } = await resultOf(run.id);
  expect(found).toMatchObject({
    isEqual: false,
    keyColumns: ["id"],
    differenceCount: 2,
    isComplete: true,
    chunk: null,
  });
  expect(differences).toEqual([
    { key: ["8"], kind: "missing", columns: [] },
    { key: ["777"], kind: "different", columns: ["name"] },
  ]);
  const said = (await stage.readLog(run.id)).map(({ message }) => message).join("\n");
  expect(said + run.errorMessage).not.toMatch(/a secret|\b777\b/);
  const { rows } = await stage.platform.query("select differences from run_verifications where run_id = $1", [run.id]);
  expect(rows[0].differences).not.toContain('"777"');
  expect(await stage.readPipeline(pipelineId)).toMatchObject({ status: "failed" });
  expect((await stage.destination.query("select from spoiled")).rowCount).toBe(0);
});

test("a verification that cannot begin leaves the pipeline as its last load did", async () => {
  await start();
  await stage.waitForRun(await stage.trigger(pipelineId), "success");
  await stage.platform.query("update pipelines set destination_table = 'public.nowhere'");
  const run = await stage.waitForRun(await compare(), "failed");
  expect(run.failure?.code).toBe("DESTINATION_TABLE_MISSING");
  expect((await stage.readPipeline(pipelineId)).status).toBe("active");
  await stage.platform.query("update pipelines set source_table = 'public.nowhere'");
  await stage.waitForRun(await stage.trigger(pipelineId), "failed");
  await stage.waitForRun(await compare(), "failed");
  expect((await stage.readPipeline(pipelineId)).status).toBe("failed");
});

test("a verification that is cancelled stops, and leaves the pipeline as its last load did", async () => {
  await stage.destination.query("create table if not exists gated (id bigint primary key, note text)");
  const sourceTable = "public.gated";
  pipelineId = await stage.createPipeline({ sourceTable, destinationTable: sourceTable, isEnabled: true });
  await stage.shutGate();
  try {
    await start();
    const runId = await compare();
    await stage.waitAtGate();
    await stage.platform.query("update pipeline_runs set cancel_requested_at = now() where id = $1", [runId]);
    await stage.waitForRun(runId, "cancelled");
    expect((await stage.readPipeline(pipelineId)).status).toBe("active");
    await vi.waitFor(async () => expect(await stage.sessionsAtEnds()).toEqual([]), 40_000);
  } finally {
    await stage.openGate();
  }
});

test("a repair after the pipeline was given another table fails before it changes anything", async () => {
  await changeThree();
  await start();
  const run = await stage.waitForRun(await compare(), "failed");
  await stage.destination.query("drop table if exists other; create table other as select * from arrived");
  await stage.platform.query("update pipelines set destination_table = 'public.other'");
  const repair = await stage.waitForRun(await compare({ runId: run.id, deletesUnexpected: true }), "failed");
  expect(repair.failure?.code).toBe("VERIFICATION_OUTDATED");
  expect((await stage.destination.query("select from other where id = 5000")).rowCount).toBe(1);
});

test.each([["after-source-begin=kill"], ["before-run-finish=kill"]])(
  "a verification whose worker is killed at %s is taken over and finds the same",
  async (trap) => {
    await changeThree();
    const first = await start(trap);
    const runId = await compare();
    await vi.waitFor(() => expect(first.child.signalCode).toBe("SIGKILL"), { timeout: 60_000, interval: 20 });
    await start();
    await stage.waitForRun(runId, "failed");
    expect((await resultOf(runId)).differences).toEqual(CHANGED);
    await vi.waitFor(async () => expect(await stage.sessionsAtEnds()).toEqual([]), 40_000);
  },
);

test.each([
  ["before-publish-commit=kill", 3],
  ["after-publish-commit=kill", 0],
])("a repair whose worker is killed at %s has mended all or nothing, and is taken over", async (trap, differing) => {
  await changeThree();
  const verifier = await start();
  const { id } = await stage.waitForRun(await compare(), "failed");
  await verifier.stop();
  const first = await start(trap);
  const runId = await compare({ runId: id, deletesUnexpected: true });
  await vi.waitFor(() => expect(first.child.signalCode).toBe("SIGKILL"), { timeout: 60_000, interval: 20 });
  const { rows } = await stage.destination.query(
    `select count(*)::int as count from (values (7, 'a secret'), (5000, 'more')) as changed (id, name) join arrived using (id, name)`,
  );
  expect(rows).toEqual([{ count: differing === 0 ? 0 : 2 }]);
  await start();
  await stage.waitForRun(runId, "success");
  await stage.waitForRun(await compare(), "success");
});
