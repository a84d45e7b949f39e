import { Pipeline, PipelineRun, QuarantinedRow } from "@millrace/db";
import { newId } from "@millrace/shared";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
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
const ROWS = 20_000;
const BAD = 37;
const SECRET = "only-for-editors";

beforeEach(async () => {
  await stage.source.query(`drop table if exists people; create table people (id int primary key, age int, note text);
    insert into people select i, case when is_bad then 3 else 30 end, case when is_bad then '${SECRET}' else 'note ' || i end
    from (select i, i % 500 = 7 and i < ${BAD * 500} as is_bad from generate_series(1, ${ROWS}) i) n`);
  await stage.destination.query(`drop schema if exists _millrace cascade; drop table if exists arrived;
    create table arrived (id int primary key, age int constraint grown check (age >= 18), note text)`);
});
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.stop();
  await stage.platform.query("delete from pipelines");
});
afterAll(() => stage.close());

const createPipeline = (fields: Partial<Pipeline> = {}, maxRows = 50) =>
  stage.createPipeline({
    sourceTable: "public.people",
    limits: { parallelism: 2, chunkBytes: 128 * 1024 },
    policies: { errorBudget: { maxRows } },
    ...fields,
  });
const held = (run: string) =>
  stage.store
    .forOrganization(stage.organizationId)
    .find(QuarantinedRow, { run }, { orderBy: { key: "asc" }, populate: ["sealedValues"] });
const states = async (run: string) => (await held(run)).map(({ state }) => state);
const count = async () => (await stage.destination.query("select count(*)::int as n from arrived")).rows[0].n;
const killed = (worker: WorkerProcess) =>
  vi.waitFor(() => expect(worker.child.signalCode).toBe("SIGKILL"), { timeout: 60_000, interval: 20 });

/** As `quarantine.replay` starts it. */
const triggerReplay = (pipelineId: string, replays: string) =>
  stage.store.forOrganization(stage.organizationId).transactional(async (em) => {
    const { organizationId } = stage;
    const pipeline = em.getReference(Pipeline, pipelineId);
    const run = em.create(PipelineRun, { id: newId(), organizationId, pipeline, trigger: "replay", replays });
    await em.flush();
    await em.nativeUpdate(QuarantinedRow, { run: replays, state: "held" }, { replayRunId: run.id });
    await stage.store.queue.enqueue(em, { runId: run.id, organizationId });
    return run.id;
  });

/** A run that has set 37 rows aside. */
async function setAside(fields: Partial<Pipeline> = {}) {
  const pipelineId = await createPipeline(fields);
  const runId = await stage.trigger(pipelineId);
  await stage.waitForRun(runId, "success");
  return { pipelineId, runId };
}
const mendDestination = () => stage.destination.query("alter table arrived drop constraint grown");

/** What the destination lacks of the source or has beyond it, duplicates counted. */
async function difference(): Promise<string[]> {
  const rows = async (client: typeof stage.source, table: string) =>
    (await client.query<{ row: string }>(`select t::text as row from ${table} t`)).rows.map(({ row }) => row);
  const counts = new Map<string, number>();
  for (const row of await rows(stage.source, "people")) counts.set(row, (counts.get(row) ?? 0) + 1);
  for (const row of await rows(stage.destination, "arrived")) counts.set(row, (counts.get(row) ?? 0) - 1);
  return [...counts].filter(([, n]) => n !== 0).map(([row]) => row);
}

describe("a run with a budget", () => {
  test("brings all rows but 37, which are in quarantine with column and reason, their values sealed", async () => {
    await start();
    const { runId } = await setAside();
    expect(await count()).toBe(ROWS - BAD);
    const run = await stage.readRun(runId);
    expect(run).toMatchObject({ recordsProcessed: ROWS - BAD, recordsFailed: BAD, proof: { isVerified: true } });
    const rows = await held(runId);
    expect(rows).toHaveLength(BAD);
    expect(rows[0]).toMatchObject({
      code: "CONSTRAINT_VIOLATED",
      sqlstate: "23514",
      columnName: "age",
      key: "id = 10007",
      state: "held",
      tableName: "public.arrived",
      hasValues: true,
    });
    expect(JSON.stringify(rows)).not.toContain(SECRET);
    expect(rows[0]?.sealedValues).toMatch(/^v1\./);
    const log = (await stage.readLog(runId)).map(({ message }) => message).join("\n");
    expect(log).toContain("37 rows were set aside: 37 CONSTRAINT_VIOLATED in column age");
    expect(log).not.toContain(SECRET);
  });

  test("that is exceeded fails, changes nothing, and keeps at most its budget to look at", async () => {
    await start();
    const runId = await stage.trigger(await createPipeline({}, 20));
    const run = await stage.waitForRun(runId, "failed");
    expect(run.failure?.code).toBe("ERROR_BUDGET_EXCEEDED");
    expect(await count()).toBe(0);
    expect((await held(runId)).length).toBe(run.recordsFailed);
    expect(run.recordsFailed).toBeLessThanOrEqual(20);
  });

  test("of nothing names the first row's constraint and key, and keeps none", async () => {
    await start();
    const runId = await stage.trigger(await createPipeline({}, 0));
    const run = await stage.waitForRun(runId, "failed");
    expect(run.failure?.code).toBe("CONSTRAINT_VIOLATED");
    expect(await held(runId)).toEqual([]);
    expect(await count()).toBe(0);
  });

  test.each(["before-quarantine-keep=kill@2", "after-quarantine-keep=kill@2"])(
    "whose worker is killed at %s ends with each refused row once",
    async (trap) => {
      const first = await start(trap);
      const runId = await stage.trigger(await createPipeline());
      await killed(first);
      await start();
      const run = await stage.waitForRun(runId, "success");
      expect(run.recordsFailed).toBe(BAD);
      expect(new Set((await held(runId)).map(({ key }) => key)).size).toBe(BAD);
      expect((await held(runId)).length).toBe(BAD);
      expect(await count()).toBe(ROWS - BAD);
    },
  );
});

describe("a replay", () => {
  test.each(["replace", "append", "merge"] as const)("after %s brings each row once", async (writeMode) => {
    await start();
    const { pipelineId, runId } = await setAside({ writeMode });
    await mendDestination();
    const replayId = await triggerReplay(pipelineId, runId);
    expect(await stage.waitForRun(replayId, "success")).toMatchObject({ recordsProcessed: BAD, replays: runId });
    expect(await difference()).toEqual([]);
    expect(new Set(await states(runId))).toEqual(new Set(["replayed"]));
    expect((await stage.destination.query("select from _millrace.replayed")).rowCount).toBe(0);
    expect((await stage.readRun(runId)).recordsFailed).toBe(BAD);
  });

  test("of rows that are refused again fails with their count, and they stay with the new reason", async () => {
    await start();
    const { pipelineId, runId } = await setAside();
    await stage.destination.query(
      "alter table arrived drop constraint grown, add constraint aged check (age <> 3) not valid",
    );
    const run = await stage.waitForRun(await triggerReplay(pipelineId, runId), "failed");
    expect(run.failure?.code).toBe("REPLAY_REFUSED");
    const rows = await held(runId);
    expect(rows).toHaveLength(BAD);
    for (const row of rows) {
      expect(row).toMatchObject({ state: "held", replayRunId: null, code: "CONSTRAINT_VIOLATED", columnName: "age" });
      expect(row.reason).toContain("aged");
    }
    expect(await count()).toBe(ROWS - BAD);
  });

  test("of some that are right brings these and leaves the others", async () => {
    await start();
    const { pipelineId, runId } = await setAside();
    await stage.destination.query(
      "alter table arrived drop constraint grown, add constraint early check (age <> 3 or id < 5000) not valid",
    );
    const run = await stage.waitForRun(await triggerReplay(pipelineId, runId), "success");
    expect(run.recordsProcessed).toBe(10);
    const left = await states(runId);
    expect(left.filter((state) => state === "held")).toHaveLength(BAD - 10);
    expect(await count()).toBe(ROWS - BAD + 10);
  });

  test("shows by digest that the rows stand as they were held, and fails whole where a trigger changes one", async () => {
    await start();
    const { pipelineId, runId } = await setAside();
    await mendDestination();
    await stage.destination.query(`create or replace function shorten() returns trigger language plpgsql as $$
      begin if new.id > 18000 then new.note := ''; end if; return new; end $$;
      create trigger shorten before insert on arrived for each row execute function shorten()`);
    const failed = await stage.waitForRun(await triggerReplay(pipelineId, runId), "failed");
    expect(failed).toMatchObject({ failure: { code: "DIGEST_MISMATCH", side: "destination" }, proof: null });
    expect(await count()).toBe(ROWS - BAD);
    expect(new Set(await states(runId))).toEqual(new Set(["held"]));
    await stage.destination.query("drop trigger shorten on arrived");
    const run = await stage.waitForRun(await triggerReplay(pipelineId, runId), "success");
    expect(run.proof).toMatchObject({ verification: "full", isVerified: true, sourceDigest: { rowCount: BAD } });
    expect(run.proof?.destinationDigest).toEqual(run.proof?.sourceDigest);
    expect(await difference()).toEqual([]);
  });

  test("is refused once a later run has replaced the table", async () => {
    await start();
    const { pipelineId, runId } = await setAside();
    await mendDestination();
    await stage.waitForRun(await stage.trigger(pipelineId), "success");
    const run = await stage.waitForRun(await triggerReplay(pipelineId, runId), "failed");
    expect(run.failure).toMatchObject({ code: "REPLAY_UNAVAILABLE", side: "destination" });
    expect(await difference()).toEqual([]);
  });

  test.each([
    "before-replay-commit=kill",
    "after-replay-commit=kill",
    "after-replay-settle=kill",
    "before-run-finish=kill@2",
  ])("whose worker is killed at %s brings each row once all the same", async (trap) => {
    const first = await start(trap);
    const { pipelineId, runId } = await setAside({ writeMode: "append" });
    await mendDestination();
    const replayId = await triggerReplay(pipelineId, runId);
    await killed(first);
    await start();
    const run = await stage.waitForRun(replayId, "success");
    // At the last of these instants the destination has forgotten the rows, which all are told of by then.
    if (trap !== "before-run-finish=kill@2") {
      expect(run).toMatchObject({
        recordsProcessed: BAD,
        proof: { isVerified: true, sourceDigest: { rowCount: BAD } },
      });
    }
    expect(await difference()).toEqual([]);
    expect(new Set(await states(runId))).toEqual(new Set(["replayed"]));
    expect((await stage.destination.query("select from _millrace.replayed")).rowCount).toBe(0);
  });
});
