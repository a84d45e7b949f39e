import { newId } from "@millrace/shared";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Change, type ChangeScope, openStore, Pipeline, PipelineRun } from "../index.ts";
import { createPipeline, createRun } from "../testing/pipeline-fixture.ts";
import { testDatabase } from "../testing/index.ts";

const database = await testDatabase();
const store = openStore({ databaseUrl: database.url, applicationName: "feed test" });
const superuser = new Client({ connectionString: database.superuserUrl });
beforeAll(() => superuser.connect());
afterAll(async () => {
  await store.close();
  await superuser.end();
});

let stop = new AbortController();
afterEach(() => {
  stop.abort();
  stop = new AbortController();
});

/** What is read after the first `resync`. What was committed just before may still arrive, as it may for any reader. */
const follow = async (scope: ChangeScope) => {
  const changes = store.changes.subscribe(scope, stop.signal)[Symbol.asyncIterator]();
  const next = async (): Promise<Change> => (await changes.next()).value as Change;
  expect(await next()).toEqual({ kind: "resync" });
  return next;
};

/** Waits until everything committed so far has reached the feed, so that what a test reads was its own doing. */
const settle = async () => {
  const { organizationId } = await createPipeline(store);
  const next = await follow({ organizationId });
  await store.forOrganization(organizationId).nativeUpdate(Pipeline, {}, { name: "a mark" });
  await next();
};

test("a subscriber is told to read first, and then of each change of its organization by ids", async () => {
  const pipeline = await createPipeline(store);
  const { organizationId, pipelineId } = pipeline;
  await settle();
  const next = await follow({ organizationId });
  await createPipeline(store);
  const runId = await createRun(store, pipeline);
  expect(await next()).toEqual({ kind: "run", pipelineId, runId });
  await store.forOrganization(organizationId).execute(
    `insert into run_log_lines (id, organization_id, run_id, seq, level, message)
     select gen_random_uuid(), ?, ?, n, 'info', 'line' from generate_series(1, 100) n`,
    [organizationId, runId],
  );
  expect(await next()).toEqual({ kind: "log", pipelineId, runId });
  await store.forOrganization(organizationId).nativeUpdate(Pipeline, { id: pipelineId }, { name: "renamed" });
  expect(await next()).toEqual({ kind: "pipeline", pipelineId, runId: null });
  await store.forOrganization(organizationId).nativeDelete(Pipeline, { id: pipelineId });
  expect(await next()).toEqual({ kind: "pipeline", pipelineId, runId: null });
});

test("a subscriber to one run hears of nothing else", async () => {
  const pipeline = await createPipeline(store);
  const other = await createPipeline(store, { organizationId: pipeline.organizationId });
  const runId = await createRun(store, pipeline);
  const next = await follow({ organizationId: pipeline.organizationId, runId });
  await createRun(store, other);
  const em = store.forOrganization(pipeline.organizationId);
  await em.nativeUpdate(Pipeline, { id: pipeline.pipelineId }, { name: "renamed" });
  await em.nativeUpdate(PipelineRun, { id: runId }, { recordsProcessed: 5 });
  expect(await next()).toEqual({ kind: "run", pipelineId: pipeline.pipelineId, runId });
});

test("a subscriber with another organization's id hears nothing of it", async () => {
  const pipeline = await createPipeline(store);
  const runId = await createRun(store, pipeline);
  const own = await createPipeline(store);
  await settle();
  const next = await follow({ organizationId: own.organizationId, runId });
  const nextOwn = await follow({ organizationId: own.organizationId });
  await store
    .forOrganization(pipeline.organizationId)
    .nativeUpdate(PipelineRun, { id: runId }, { recordsProcessed: 5 });
  await createRun(store, own);
  expect(await nextOwn()).toMatchObject({ kind: "run", pipelineId: own.pipelineId });
  const heard = next();
  stop.abort();
  expect(await heard).toBeUndefined();
});

test("a slow reader finds each change once, however often it happened", async () => {
  const { organizationId, pipelineId } = await createPipeline(store);
  await settle();
  const next = await follow({ organizationId });
  const em = store.forOrganization(organizationId);
  for (let round = 0; round < 50; round++)
    await em.nativeUpdate(Pipeline, { id: pipelineId }, { name: `name ${round}` });
  const other = await createPipeline(store, { organizationId });
  expect(await next()).toEqual({ kind: "pipeline", pipelineId, runId: null });
  let last = await next();
  while (last.kind === "pipeline" && last.pipelineId === pipelineId) last = await next();
  expect(last).toEqual({ kind: "pipeline", pipelineId: other.pipelineId, runId: null });
});

test("a heartbeat is no change", async () => {
  const pipeline = await createPipeline(store);
  const runId = await createRun(store, pipeline);
  const run = await store.claims.claim(runId, "w");
  await settle();
  const next = await follow({ organizationId: pipeline.organizationId });
  if (run) await store.claims.heartbeat([run], "w");
  await createPipeline(store, { organizationId: pipeline.organizationId });
  expect(await next()).toMatchObject({ kind: "pipeline" });
});

test("a lost connection is made again and every subscriber told to read anew", async () => {
  const { organizationId, pipelineId } = await createPipeline(store);
  await settle();
  const next = await follow({ organizationId });
  const { rowCount } = await superuser.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen %' and datname = current_database() and application_name = 'feed test'",
  );
  expect(rowCount).toBe(1);
  expect(await next()).toEqual({ kind: "resync" });
  await store.forOrganization(organizationId).nativeUpdate(Pipeline, { id: pipelineId }, { name: "after" });
  expect(await next()).toEqual({ kind: "pipeline", pipelineId, runId: null });
});

test("all subscribers share one connection, and each ends when its signal or the store says so", async () => {
  const own = openStore({ databaseUrl: database.url, applicationName: "feed of many" });
  const signals = Array.from({ length: 20 }, () => new AbortController());
  const readers = signals.map(async ({ signal }) => {
    for await (const _ of own.changes.subscribe({ organizationId: newId() }, signal));
  });
  const subscribed = own.changes.subscribe({ organizationId: newId() }, new AbortController().signal);
  const first = subscribed[Symbol.asyncIterator]();
  await first.next();
  const { rowCount } = await superuser.query("select from pg_stat_activity where application_name = 'feed of many'");
  expect(rowCount).toBe(1);
  for (const controller of signals.slice(0, 10)) controller.abort();
  await Promise.all(readers.slice(0, 10));
  const waiting = first.next();
  await own.close();
  await Promise.all(readers);
  expect(await waiting).toEqual({ done: true, value: undefined });
});
