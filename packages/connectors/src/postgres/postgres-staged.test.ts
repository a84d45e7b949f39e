import { testServer, type TestServer } from "@millrace/db/testing";
import type { RunIdentity } from "@millrace/engine";
import { newId } from "@millrace/shared";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openFaultProxy } from "./testing/fault-proxy.ts";
import { leftovers } from "./testing/structure-of.ts";
import { type CopyOptions, openTwoEnds, type TwoEnds } from "./testing/two-ends.ts";

/** Eight pages a chunk, so that a table of a few thousand rows has a dozen. */
const CHUNK_BYTES = 64 * 1024;

describe("a load in chunks", () => {
  let server: TestServer;
  let ends: TwoEnds;

  beforeAll(async () => {
    server = await testServer();
    ends = await openTwoEnds(server);
  });
  beforeEach(async () => {
    await ends.source.query(`
      drop table if exists many; create table many (id int primary key, note text);
      insert into many select i, repeat(md5(i::text), 3) from generate_series(1, 6000) i`);
    await ends.destination.query("drop table if exists many; create table many as select 0 as id, 'old' as note");
  });
  afterAll(() => ends.close());

  const identity = (changes: Partial<RunIdentity> = {}): RunIdentity => ({
    pipelineId: newId(),
    runId: newId(),
    fence: 1,
    ...changes,
  });
  const many = { table: "public.many", chunkBytes: CHUNK_BYTES } as const;
  const one = async (sql: string) => (await ends.destination.query(sql)).rows[0];
  const stages = async () =>
    Number(
      (await one("select count(*) as count from pg_class where relname like 'stage\\_%' and relkind = 'r'")).count,
    );
  /** Of loads: what they leave in `_millrace` besides the position. */
  const traces = async () => ({
    stages: await stages(),
    rows: Number((await one("select count(*) as count from _millrace.stage")).count),
    chunks: Number((await one("select count(*) as count from _millrace.chunk")).count),
    elsewhere: await leftovers(ends.destination),
  });
  const nothing = { stages: 0, rows: 0, chunks: 0, elsewhere: [] };

  /** A run that is stopped once so many chunks are committed, and the log of it. */
  async function stopAfter(chunks: number, options: Partial<CopyOptions> = {}) {
    const controller = new AbortController();
    let committed = 0;
    const error = await ends.failure({
      ...many,
      ...options,
      signal: controller.signal,
      isTriedAgain: () => true,
      onLog: (_level, message) => {
        if (/^Chunk \d+: \d+ rows committed/.test(message) && ++committed === chunks) controller.abort();
      },
    });
    expect(error.code).toBe("RUN_CANCELLED");
  }

  async function goOn(options: CopyOptions): Promise<{ log: string[]; rowsWritten: number }> {
    const log: string[] = [];
    const outcome = await ends.copy({ ...options, onLog: (_level, message) => log.push(message) });
    return { log, rowsWritten: outcome.rowsWritten };
  }

  it.each([1, 4])(
    "arrives whole and verified with %d chunks at once, and leaves nothing behind",
    async (parallelism) => {
      const run = identity();
      const { proof } = await ends.copy({ ...many, parallelism, identity: run });
      expect(proof.isVerified).toBe(true);
      expect(await ends.difference("public.many")).toEqual([]);
      expect(await traces()).toEqual(nothing);
      // The same digest as in one piece.
      const whole = await ends.copy({ table: "public.many", toTable: "public.whole" });
      expect(proof.destinationDigest).toEqual(whole.proof.destinationDigest);
    },
  );

  it("is seen by nobody before all of it is there", async () => {
    const seen = new Set<string>();
    const copied = ends.copy({ ...many, identity: identity() }).finally(() => seen.add("done"));
    while (!seen.has("done")) seen.add((await one("select count(*) as count from many")).count);
    await copied;
    expect([...seen].filter((count) => count !== "done" && count !== "6000")).toEqual(["1"]);
  });

  it("a claim that takes over goes on from the last committed chunk", async () => {
    const run = identity();
    await stopAfter(4, { identity: run });
    expect((await one("select note from many")).note).toBe("old");
    const { log, rowsWritten } = await goOn({ ...many, identity: { ...run, fence: 2 } });
    expect(log).toContainEqual(expect.stringMatching(/^Goes on from chunk 5 of \d+: 4 were committed before$/));
    expect(rowsWritten).toBe(6000);
    expect(await ends.difference("public.many")).toEqual([]);
    expect(await traces()).toEqual(nothing);
  });

  it("copies those chunks again that have changed at the source meanwhile", async () => {
    const run = identity();
    await stopAfter(5, { identity: run });
    await ends.source.query("delete from many where id = 7; insert into many values (7001, 'new')");
    const { log } = await goOn({ ...many, identity: { ...run, fence: 2 } });
    expect(log).toContainEqual(
      expect.stringMatching(/^Goes on from chunk 1 of \d+: 4 were committed before; 1 have changed at the source/),
    );
    expect(await ends.difference("public.many")).toEqual([]);
    expect(await traces()).toEqual(nothing);
  });

  it.each([
    ["most chunks have changed", "update many set note = 'changed'", {}, /chunks have changed at the source/],
    ["nothing was verified", "select", { verify: false }, /without digests/],
    ["the plan is another", "alter table many add more int", {}, /what it depends on/],
  ])("starts over where %s, and says so", async (_why, sql, options, reason) => {
    const run = identity();
    await stopAfter(3, { ...options, identity: run });
    if (sql.startsWith("alter")) await ends.destination.query("alter table many add more int");
    await ends.source.query(sql);
    const { log } = await goOn({ ...many, ...options, identity: { ...run, fence: 2 } });
    expect(log).toContainEqual(expect.stringMatching(new RegExp(`^Starts over, because .*${reason.source}`)));
    expect(await ends.difference("public.many")).toEqual([]);
    expect(await traces()).toEqual(nothing);
  });

  it("a run that nobody tries again leaves nothing behind when it fails or is cancelled", async () => {
    const controller = new AbortController();
    const cancelled = await ends.failure({
      ...many,
      parallelism: 2,
      identity: identity(),
      signal: controller.signal,
      onLog: (_level, message) => message.startsWith("Chunk 3") && controller.abort(),
    });
    expect(cancelled.code).toBe("RUN_CANCELLED");
    await ends.destination.query("drop table many; create table many (id int check (id < 5000), note text)");
    expect((await ends.failure({ ...many, parallelism: 2, identity: identity() })).code).toBe("CONSTRAINT_VIOLATED");
    expect(await traces()).toEqual(nothing);
  });

  it("drops what was committed when the table has become so small that it is one chunk", async () => {
    const run = identity();
    await stopAfter(3, { identity: run });
    await ends.source.query("drop table many; create table many (id int primary key, note text)");
    await ends.copy({ ...many, identity: { ...run, fence: 2 } });
    expect(await ends.difference("public.many")).toEqual([]);
    expect(await traces()).toEqual(nothing);
  });

  it("the pipeline's next run drops what its last one has left", async () => {
    const run = identity();
    await stopAfter(2, { identity: run });
    expect((await traces()).stages).toBe(1);
    const { log } = await goOn({ ...many, identity: { ...run, runId: newId(), fence: 2 } });
    expect(log.join()).not.toMatch(/Goes on|Starts over/);
    expect(await traces()).toEqual(nothing);
  });

  it("a late claim commits no further chunk, and does not touch what the younger one goes on with", async () => {
    const run = identity();
    let isRaised: Promise<unknown> | undefined;
    const error = await ends.failure({
      ...many,
      identity: run,
      onLog: (_level, message) => {
        // As if another worker had claimed in the meantime and could not end this one's sessions.
        if (message.startsWith("Chunk 2:"))
          isRaised = ends.destination.query(
            "update _millrace.position set fence = 2 where run_id is null; update _millrace.stage set fence = 2",
          );
      },
    });
    await isRaised;
    expect(error.code).toBe("FENCE_STALE");
    expect((await traces()).stages).toBe(1);
    const { log } = await goOn({ ...many, identity: { ...run, fence: 2 } });
    expect(log).toContainEqual(expect.stringMatching(/^Goes on from chunk [3-9]/));
    expect(await ends.difference("public.many")).toEqual([]);
  });

  it.each([
    ["lost is found to have gone through", "fromServer"],
    ["not needed, since it never arrived, fails the run, which goes on", "fromClient"],
  ] as const)("an answer to a chunk's commit that is %s", async (_what, where) => {
    const run = identity();
    let commits = 0;
    const isThird = (bytes: Buffer) => bytes.includes("commit\0") && ++commits === 3;
    let isArmed = false;
    const proxy = await openFaultProxy(server, {
      fromClient: (bytes, socket) => {
        if (!isThird(bytes)) return "pass";
        isArmed = where === "fromServer";
        if (isArmed) return "pass";
        socket.destroy();
        return "vanish";
      },
      fromServer: (bytes, socket) => {
        if (!isArmed || !bytes.includes("COMMIT")) return "pass";
        isArmed = false;
        socket.destroy();
        return "vanish";
      },
    });
    try {
      const copied = ends.copy({
        ...many,
        identity: run,
        isTriedAgain: () => true,
        destinationUrl: proxy.through(ends.destinationUrl),
      });
      if (where === "fromServer") expect((await copied).rowsWritten).toBe(6000);
      else await expect(copied).rejects.toMatchObject({ code: "CONNECTION_LOST" });
    } finally {
      await proxy.close();
    }
    if (where === "fromClient") await ends.copy({ ...many, identity: { ...run, fence: 2 } });
    expect(await ends.difference("public.many")).toEqual([]);
    expect(await traces()).toEqual(nothing);
  });

  it.each([
    ["the same digest stays as it is", false],
    ["another digest fails the run, whose next try compares it", true],
  ])("a chunk that turns out to be committed with %s", async (_what, isOther) => {
    const run = identity();
    await stopAfter(3, { identity: run });
    // As if a commit that was long on its way arrived only after the chunks were looked at.
    const { rows } = await ends.destination.query("delete from _millrace.chunk where chunk = 1 returning *");
    const { stage, xid, row_count, digest } = rows[0];
    const recorded = isOther ? { ...JSON.parse(digest), sum: "0" } : JSON.parse(digest);
    await ends.destination.query("begin");
    await ends.destination.query(
      "insert into _millrace.chunk (stage, chunk, fence, xid, row_count, digest) values ($1, 1, 1, $2, $3, $4)",
      [stage, xid, row_count, JSON.stringify(recorded)],
    );
    let committed: Promise<unknown> | undefined;
    const copied = ends.copy({
      ...many,
      identity: { ...run, fence: 2 },
      isTriedAgain: () => true,
      onLog: (_level, message) => {
        if (message.includes(" chunks to copy")) committed = ends.destination.query("commit");
      },
    });
    if (isOther) await expect(copied).rejects.toMatchObject({ code: "DESTINATION_CHANGED" });
    else await copied;
    await committed;
    if (isOther) await ends.copy({ ...many, identity: { ...run, fence: 2 } });
    expect(await ends.difference("public.many")).toEqual([]);
    expect(await traces()).toEqual(nothing);
  });

  it("drops the stages of copies that were killed, and none that is still written to", async () => {
    await ends.copy({ ...many, identity: identity() });
    const abandon = (stage: string, pipeline: string, at: string) =>
      ends.destination.query(`create table _millrace.${stage} (id int);
        insert into _millrace.stage values ('${stage}', ${pipeline}, 'public.many', null, null, '', ${at})`);
    await abandon("stage_killed", "null", "now()");
    await abandon("stage_owned", "null", "now()");
    await abandon("stage_waiting", "gen_random_uuid()", "now()");
    await abandon("stage_forgotten", "gen_random_uuid()", "now() - interval '2 hours'");
    await ends.destination.query("select pg_advisory_lock(hashtextextended('stage_owned', 0))");
    await ends.copy({ ...many, parallelism: 2 });
    const { rows } = await ends.destination.query("select stage from _millrace.stage order by stage");
    expect(rows.map(({ stage }) => stage)).toEqual(["stage_owned", "stage_waiting"]);
    await ends.destination.query(`select pg_advisory_unlock_all();
      drop table _millrace.stage_owned, _millrace.stage_waiting; delete from _millrace.stage`);
    expect(await traces()).toEqual(nothing);
  });

  it("a user who may make no schema copies in one transaction instead", async () => {
    const { rows } = await ends.destination.query("select current_database() as name");
    const guest = `stager_of_${rows[0].name}`;
    await ends.destination.query(`drop schema _millrace cascade; create role ${guest} login password 'guest';
      create schema theirs authorization ${guest}`);
    const asGuest = new URL(ends.destinationUrl);
    asGuest.username = guest;
    asGuest.password = "guest";
    const log: string[] = [];
    await ends.copy({
      ...many,
      parallelism: 2,
      toTable: "theirs.many",
      destinationUrl: asGuest.href,
      onLog: (_level, message) => log.push(message),
    });
    expect(log.join()).not.toContain("chunks");
    expect(await ends.difference("public.many", "theirs.many")).toEqual([]);
    await ends.destination.query(`drop owned by ${guest} cascade; drop role ${guest}`);
  });
});
