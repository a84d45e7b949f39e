import { newId, nextFire } from "@millrace/shared";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type DueSchedule, openStore, Pipeline, PipelineRun } from "../index.ts";
import { createPipeline, createRun } from "../testing/pipeline-fixture.ts";
import { testDatabase } from "../testing/index.ts";

const database = await testDatabase();
const stores = Array.from({ length: 4 }, () =>
  openStore({ databaseUrl: database.url, applicationName: "scheduler test" }),
);
const [store] = stores as [(typeof stores)[0]];
const superuser = new Client({ connectionString: database.superuserUrl });
beforeAll(() => superuser.connect());
afterAll(async () => {
  for (const each of stores) await each.close();
  await superuser.end();
});
beforeEach(() => superuser.query("delete from pipelines"));

const byCron = (due: DueSchedule) => nextFire(due.schedule, due.timezone, due.now);
/** So that no test meets the minute at which its schedules are due again. */
const inAnHour = ({ now }: DueSchedule) => new Date(now.getTime() + 3_600_000);
const scheduled = (nextRunAt: Date, fields = {}) =>
  createPipeline(store, { schedule: "* * * * *", isEnabled: true, nextRunAt, ...fields });
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);

test("a due schedule starts one run with its job, and its next fire lies ahead", async () => {
  const dueAt = minutesAgo(0.1);
  const { organizationId, pipelineId } = await scheduled(dueAt);
  // The next fire lies ahead of this moment; a minute may begin before it is read.
  const firedAfter = Date.now();
  const [fired] = await store.claims.fireDueSchedules(byCron);
  expect(fired).toEqual({ pipelineId, dueAt, runId: expect.any(String) });
  const em = store.forOrganization(organizationId);
  expect(await em.find(PipelineRun, {})).toMatchObject([
    { id: fired?.runId, status: "pending", trigger: "schedule", dueAt },
  ]);
  expect((await em.findOneOrFail(Pipeline, { id: pipelineId })).nextRunAt?.getTime()).toBeGreaterThan(firedAfter);
  const jobs = await superuser.query("select from pgboss.job where singleton_key = $1", [fired?.runId]);
  expect(jobs.rowCount).toBe(1);
});

test("with four schedulers at once each of many fires starts exactly one run", async () => {
  const organizationId = newId();
  await superuser.query(
    `insert into pipelines (id, organization_id, name, schedule, is_enabled, next_run_at, created_by)
     select gen_random_uuid(), $1, 'p' || n, '* * * * *', true, now() - n * interval '1 s', 'a test'
     from generate_series(1, 1200) n`,
    [organizationId],
  );
  const fired = (await Promise.all(stores.map(({ claims }) => claims.fireDueSchedules(inAnHour)))).flat();
  expect(fired).toHaveLength(1200);
  expect(new Set(fired.map(({ pipelineId }) => pipelineId)).size).toBe(1200);
  const { rows } = await superuser.query(
    "select count(*)::int as runs, count(distinct pipeline_id)::int as pipelines from pipeline_runs",
  );
  expect(rows[0]).toEqual({ runs: 1200, pipelines: 1200 });
  expect(await store.claims.fireDueSchedules(inAnHour)).toEqual([]);
});

test("what a downtime of three hours missed fires once", async () => {
  const { organizationId } = await scheduled(minutesAgo(180));
  await store.claims.fireDueSchedules(inAnHour);
  await store.claims.fireDueSchedules(inAnHour);
  expect(await store.forOrganization(organizationId).count(PipelineRun)).toBe(1);
});

test("a fire while a run is active starts none and does not come back", async () => {
  const pipeline = await scheduled(minutesAgo(1));
  const active = await createRun(store, pipeline);
  expect(await store.claims.fireDueSchedules(inAnHour)).toMatchObject([
    { pipelineId: pipeline.pipelineId, runId: null },
  ]);
  const em = store.forOrganization(pipeline.organizationId);
  expect(await em.find(PipelineRun, {})).toMatchObject([{ id: active }]);
  expect(await store.claims.fireDueSchedules(inAnHour)).toEqual([]);
});

test("the same fire never starts a second run, even when its next fire was set back", async () => {
  const dueAt = minutesAgo(1);
  const { organizationId, pipelineId } = await scheduled(dueAt);
  await store.claims.fireDueSchedules(inAnHour);
  const em = store.forOrganization(organizationId);
  await em.nativeUpdate(PipelineRun, {}, { status: "success" });
  await em.nativeUpdate(Pipeline, { id: pipelineId }, { nextRunAt: dueAt });
  expect(await store.claims.fireDueSchedules(inAnHour)).toMatchObject([{ runId: null }]);
});

test("a pipeline that is switched off, or captures changes, starts none", async () => {
  await scheduled(minutesAgo(1), { isEnabled: false });
  await scheduled(minutesAgo(1), { mode: "realtime" });
  const fired = await store.claims.fireDueSchedules(inAnHour);
  expect(fired.map(({ runId }) => runId)).toEqual([null, null]);
});

test("a schedule that cannot be read stops by itself and does not keep the others from firing", async () => {
  const broken = await scheduled(minutesAgo(2), { schedule: "every full moon" });
  const sound = await scheduled(minutesAgo(1));
  const fired = await store.claims.fireDueSchedules(byCron);
  expect(fired.map(({ pipelineId }) => pipelineId).sort()).toEqual([broken.pipelineId, sound.pipelineId].sort());
  const pipeline = await store
    .forOrganization(broken.organizationId)
    .findOneOrFail(Pipeline, { id: broken.pipelineId });
  expect(pipeline.nextRunAt).toBeNull();
});
