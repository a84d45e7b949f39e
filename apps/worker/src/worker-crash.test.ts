import { FAILPOINTS } from "@millrace/engine";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { setStage } from "./testing/stage.ts";
import { WorkerProcess } from "./testing/worker-process.ts";

// Ceilings for a busy machine; everything here ends as soon as its condition holds.
vi.setConfig({ testTimeout: 120_000 });

/** faults.md 1 and 39: `kill -9` at each of the instants at which it would be worst, of the worker and its runs alike. */
const stage = await setStage();
const workers: WorkerProcess[] = [];
const start = async (failpoints?: string) => {
  const worker = await WorkerProcess.start(stage.databaseUrl, failpoints);
  workers.push(worker);
  return worker;
};
/** Those that rows pass which are set aside and replayed are killed at in `worker-quarantine.test.ts`. */
const tested = new Set<string>([
  "before-quarantine-keep",
  "after-quarantine-keep",
  "before-replay-commit",
  "after-replay-commit",
  "after-replay-settle",
]);

beforeAll(async () => {
  await stage.source.query(`create table many (id int primary key, note text not null);
    insert into many select i, repeat(md5(i::text), 2) from generate_series(1, 6000) i`);
});
beforeEach(async () => {
  await stage.destination.query("drop table if exists arrived");
  await stage.destination.query("create table arrived as select 1::bigint as id, 'old' as note");
});
afterEach(async () => {
  await stage.openGate();
  for (const worker of workers.splice(0)) await worker.stop();
  await stage.platform.query("delete from pipelines");
});
afterAll(() => stage.close());

const createPipeline = (sourceTable = "public.many") =>
  stage.createPipeline({ sourceTable, limits: { parallelism: 2, chunkBytes: 64 * 1024 } });

/** Rows of one side that the other lacks, both ways, duplicates counted. */
async function difference(): Promise<string[]> {
  const sql = (table: string) => `select id::text || ' ' || note as row from ${table} order by id, note`;
  const [source, destination] = await Promise.all([
    stage.source.query<{ row: string }>(sql("many")),
    stage.destination.query<{ row: string }>(sql("arrived")),
  ]);
  const counts = new Map<string, number>();
  for (const { row } of source.rows) counts.set(row, (counts.get(row) ?? 0) + 1);
  for (const { row } of destination.rows) counts.set(row, (counts.get(row) ?? 0) - 1);
  return [...counts].filter(([, count]) => count !== 0).map(([row]) => row);
}

/** Sessions at both ends, and tables at the destination other than its own and those that always stay. */
async function leftovers() {
  const { rows } = await stage.destination.query<{ name: string }>(`
    select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname !~ '^pg_|^information_schema$'
      and (n.nspname, c.relname) not in (('public', 'arrived'), ('_millrace', 'position'), ('_millrace', 'stage'),
        ('_millrace', 'chunk'), ('_millrace', 'chunk_part'), ('_millrace', 'previous'), ('_millrace', 'replayed'))`);
  const known = await stage.destination.query("select to_regclass('_millrace.stage') is not null as there");
  const stages = known.rows[0].there ? (await stage.destination.query("select stage from _millrace.stage")).rows : [];
  return { sessions: await stage.sessionsAtEnds(), tables: rows.map(({ name }) => name), stages };
}
const nothing = { sessions: [], tables: [], stages: [] };

/** Resolves once the failpoint has killed the worker. */
async function killedAt(name: (typeof FAILPOINTS)[number], worker: WorkerProcess): Promise<void> {
  await vi.waitFor(() => expect(worker.child.signalCode).toBe("SIGKILL"), { timeout: 60_000, interval: 20 });
  tested.add(name);
}

async function endsWell(runId: string): Promise<void> {
  await stage.waitForRun(runId, "success");
  expect(await difference()).toEqual([]);
  await vi.waitFor(async () => expect(await leftovers()).toEqual(nothing), 40_000);
  const { rows } = await stage.platform.query("select id from pipeline_runs where status in ('pending', 'running')");
  expect(rows).toEqual([]);
}

describe("a worker that is killed", () => {
  test.each([
    "before-claim",
    "after-claim",
    "before-run-finish",
    "after-run-finish",
    "after-source-begin",
    "after-fence-raise",
    "after-stage-commit",
    "after-snapshot-export",
    "mid-copy-out",
    "mid-copy-in",
    "before-chunk-digest",
    "before-chunk-record",
    "before-chunk-commit",
    "after-chunk-commit",
    "before-publish",
    "during-swap",
    "before-publish-commit",
    "after-publish-commit",
  ] as const)("%s leaves a run that the next one ends, every row once", async (name) => {
    const first = await start(`${name}=kill${/chunk|copy/.test(name) ? "@3" : ""}`);
    const runId = await stage.trigger(await createPipeline());
    await killedAt(name, first);
    if (!["after-publish-commit", "before-run-finish", "after-run-finish"].includes(name)) {
      expect((await stage.destination.query("select note from arrived")).rows).toEqual([{ note: "old" }]);
    }
    await start();
    await endsWell(runId);
  });

  test("before-merge, with all rows in the stage, leaves a run that the next one ends, every row once", async () => {
    await stage.destination.query("create unique index on arrived (id); insert into arrived select 2, 'old'");
    const first = await start("before-merge=kill");
    const limits = { parallelism: 2, chunkBytes: 64 * 1024 };
    const runId = await stage.trigger(
      await stage.createPipeline({ sourceTable: "public.many", writeMode: "merge", limits }),
    );
    await killedAt("before-merge", first);
    expect((await stage.destination.query("select count(*)::int as count from arrived")).rows).toEqual([{ count: 2 }]);
    await start();
    await endsWell(runId);
    const { proof } = await stage.readRun(runId);
    expect(proof?.changes).toEqual({ inserted: 5998, updated: 2, deleted: 0, unchanged: 0, duplicates: 0 });
  });

  test("before-heartbeat leaves a run that the next one ends", async () => {
    await stage.shutGate();
    const first = await start("before-heartbeat=kill");
    const runId = await stage.trigger(await createPipeline("public.gated"));
    await killedAt("before-heartbeat", first);
    await stage.openGate();
    await start();
    await stage.waitForRun(runId, "success");
    await vi.waitFor(async () => expect(await leftovers()).toEqual(nothing), 40_000);
  });

  test("while-cancelling leaves a run that ends cancelled, and the destination as it was", async () => {
    await stage.shutGate();
    const first = await start("while-cancelling=kill");
    const runId = await stage.trigger(await createPipeline("public.gated"));
    await stage.waitAtGate();
    await stage.platform.query("update pipeline_runs set cancel_requested_at = now() where id = $1", [runId]);
    await killedAt("while-cancelling", first);
    await start();
    await stage.waitForRun(runId, "cancelled");
    await stage.openGate();
    expect((await stage.destination.query("select note from arrived")).rows).toEqual([{ note: "old" }]);
    await vi.waitFor(async () => expect(await leftovers()).toEqual(nothing), 40_000);
  });

  test("before-chunk-keep, while it takes over from one that was killed, leaves it to a third", async () => {
    const first = await start("after-chunk-commit=kill@4");
    const runId = await stage.trigger(await createPipeline());
    await killedAt("after-chunk-commit", first);
    await killedAt("before-chunk-keep", await start("before-chunk-keep=kill@2"));
    await start();
    await endsWell(runId);
    const log = (await stage.readLog(runId)).map(({ message }) => message);
    expect(log).toContainEqual(expect.stringMatching(/^Goes on from chunk \d+ of \d+: [4-6] were committed before$/));
  });

  test("before-stage-drop, after a row was refused, leaves nothing behind all the same", async () => {
    await stage.destination.query("drop table arrived; create table arrived (id int check (id < 5000), note text)");
    const first = await start("before-stage-drop=kill");
    const runId = await stage.trigger(await createPipeline());
    await killedAt("before-stage-drop", first);
    await start();
    const run = await stage.waitForRun(runId, "failed");
    expect(run.failure).toMatchObject({ code: "CONSTRAINT_VIOLATED" });
    await vi.waitFor(async () => expect(await leftovers()).toEqual(nothing), 40_000);
  });

  test("was killed at every failpoint there is", () => {
    expect([...FAILPOINTS].filter((name) => !tested.has(name))).toEqual([]);
  });
});

test("a connection that is lost at a chunk's commit is tried again within the run, which goes on from there", async () => {
  await start("before-chunk-commit=error@5");
  const runId = await stage.trigger(await createPipeline());
  await endsWell(runId);
  const log = (await stage.readLog(runId)).map(({ message }) => message);
  expect(log).toContainEqual(expect.stringContaining("trying again (2 of 3)"));
  expect(log).toContainEqual(expect.stringMatching(/^Goes on from chunk/));
});

test("a run that is handed back keeps its chunks for the next worker", async () => {
  const first = await start("before-chunk-record=hang@4");
  const runId = await stage.trigger(await createPipeline());
  await vi.waitFor(
    async () => {
      const { rows } = await stage.destination.query("select count(*)::int as n from _millrace.chunk");
      expect(rows[0].n).toBeGreaterThanOrEqual(3);
    },
    { timeout: 30_000, interval: 50 },
  );
  await first.stop("SIGTERM");
  await start();
  await endsWell(runId);
  expect(await stage.readRun(runId)).toMatchObject({ attempt: 1 });
  const log = (await stage.readLog(runId)).map(({ message }) => message);
  expect(log).toContainEqual(expect.stringMatching(/^Goes on from chunk/));
});
