import { newId } from "@millrace/shared";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { openStore, type RunJob, type Store } from "../index.ts";
import { testDatabase } from "../testing/index.ts";

const database = await testDatabase();
const superuser = new Client({ connectionString: database.superuserUrl });
beforeAll(() => superuser.connect());
afterAll(() => superuser.end());

let store: Store;
beforeEach(async () => {
  await superuser.query("delete from pgboss.job");
  store = openStore({ databaseUrl: database.url, applicationName: "queue test" });
});
afterEach(() => store.close());

const newJob = (): RunJob => ({ runId: newId(), organizationId: newId() });
const states = async ({ runId }: RunJob) =>
  (await superuser.query<{ state: string }>("select state from pgboss.job where singleton_key = $1", [runId])).rows.map(
    ({ state }) => state,
  );

test("a job commits and rolls back with the transaction that it was queued in", async () => {
  const [kept, dropped] = [newJob(), newJob()];
  const em = store.forOrganization(newId());
  await em.transactional(async (tx) => {
    await store.queue.enqueue(tx, kept);
    expect(await states(kept)).toEqual([]);
  });
  const failure = em.transactional(async (tx) => {
    await store.queue.enqueue(tx, dropped);
    throw new RangeError("changed its mind");
  });
  await expect(failure).rejects.toThrow(RangeError);
  expect(await states(kept)).toEqual(["created"]);
  expect(await states(dropped)).toEqual([]);
});

test("a run waits in the queue at most once", async () => {
  const job = newJob();
  const em = store.forOrganization(newId());
  await Promise.all(Array.from({ length: 5 }, () => store.queue.enqueue(em.fork(), job)));
  expect(await states(job)).toEqual(["created"]);
});

test("a job reaches a worker in another process's store, and is done", async () => {
  const worker = openStore({ databaseUrl: database.url, applicationName: "queue test worker" });
  try {
    const taken: RunJob[] = [];
    await worker.queue.work({ concurrency: 2 }, async (job) => void taken.push(job));
    const job = newJob();
    await store.queue.enqueue(store.forOrganization(newId()), job);
    await vi.waitFor(() => expect(taken).toEqual([job]), { timeout: 30_000, interval: 10 });
    await vi.waitFor(async () => expect(await states(job)).toEqual(["completed"]), { timeout: 30_000 });
  } finally {
    await worker.close();
  }
});

test("no more handlers run at once than asked for", async () => {
  const gate = Promise.withResolvers<void>();
  const started: RunJob[] = [];
  const jobs = [newJob(), newJob(), newJob()];
  const em = store.forOrganization(newId());
  for (const job of jobs) await store.queue.enqueue(em.fork(), job);
  await store.queue.work({ concurrency: 2 }, async (job) => {
    started.push(job);
    await gate.promise;
  });
  await vi.waitFor(() => expect(started).toHaveLength(2), { timeout: 30_000 });
  const waiting = [];
  for (const job of jobs) waiting.push(...(await states(job)));
  expect(waiting.sort()).toEqual(["active", "active", "created"]);
  gate.resolve();
  await vi.waitFor(() => expect(started).toHaveLength(3), { timeout: 30_000 });
});

test("a run whose job is under way can be queued again", async () => {
  const job = newJob();
  const gate = Promise.withResolvers<void>();
  const em = store.forOrganization(newId());
  await store.queue.enqueue(em.fork(), job);
  await store.queue.work({ concurrency: 1 }, () => gate.promise);
  await vi.waitFor(async () => expect(await states(job)).toEqual(["active"]), { timeout: 30_000 });
  await store.queue.enqueue(em.fork(), job);
  expect((await states(job)).sort()).toEqual(["active", "created"]);
  gate.resolve();
});

test("after stop no job is taken, and jobs can still be queued", async () => {
  const taken: RunJob[] = [];
  await store.queue.work({ concurrency: 1 }, async (job) => void taken.push(job));
  await store.queue.stop();
  await store.queue.stop();
  const job = newJob();
  await store.queue.enqueue(store.forOrganization(newId()), job);
  const other = openStore({ databaseUrl: database.url, applicationName: "queue test other" });
  try {
    const seen: RunJob[] = [];
    await other.queue.work({ concurrency: 1 }, async (job) => void seen.push(job));
    await vi.waitFor(() => expect(seen).toEqual([job]), { timeout: 30_000 });
    expect(taken).toEqual([]);
  } finally {
    await other.close();
  }
});
