import { testServer, type TestServer } from "@millrace/db/testing";
import type { RunIdentity } from "@millrace/engine";
import { newId } from "@millrace/shared";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openFaultProxy } from "./testing/fault-proxy.ts";
import { COPYING, SLOW_VIEW, untilRow } from "./testing/slow-table.ts";
import { leftovers } from "./testing/structure-of.ts";
import { openTwoEnds, told, type TwoEnds } from "./testing/two-ends.ts";

/** faults.md 3 and 7, and "Executing runs" 2: rows and position commit together, under the fence, once. */
/** Any number; an advisory lock of the source under it holds a copy back. */
const GATE = 4711;

describe("position", () => {
  let server: TestServer;
  let ends: TwoEnds;

  beforeAll(async () => {
    server = await testServer();
    ends = await openTwoEnds(server);
    await ends.source.query(
      `create table once (id int); insert into once select generate_series(1, 100); ${SLOW_VIEW}`,
    );
  });
  afterAll(() => ends.close());

  const identity = (changes: Partial<RunIdentity> = {}): RunIdentity => ({
    pipelineId: newId(),
    runId: newId(),
    fence: 1,
    ...changes,
  });
  const append = { table: "public.once", writeMode: "append" } as const;
  const countOf = async (table: string) =>
    Number((await ends.destination.query(`select count(*) from ${table}`)).rows[0].count);

  it("is written with the rows that it describes", async () => {
    const run = identity({ fence: 3 });
    const outcome = await ends.copy({ ...append, identity: run, toTable: "public.described" });
    const { rows } = await ends.destination.query(
      "select stream, fence, position::text, run_id from _millrace.position where pipeline_id = $1",
      [run.pipelineId],
    );
    expect(rows).toEqual([{ stream: "public.described", fence: "3", position: expect.any(String), run_id: run.runId }]);
    expect(JSON.parse(rows[0].position)).toMatchObject({
      rowCount: 100,
      sourceDigest: outcome.proof.sourceDigest,
      destinationDigest: outcome.proof.destinationDigest,
      changes: null,
    });
  });

  it("a copy without a pipeline records nothing", async () => {
    const before = await countOf("_millrace.position");
    await ends.copy({ ...append, toTable: "public.unrecorded" });
    expect(await countOf("_millrace.position")).toBe(before);
  });

  it("a run that was committed before is not repeated, and answers what was committed", async () => {
    const run = identity();
    const first = await ends.copy({ ...append, identity: run, toTable: "public.repeated" });
    const again = await ends.copy({ ...append, identity: { ...run, fence: 2 }, toTable: "public.repeated" });
    expect(await countOf("repeated")).toBe(100);
    expect(again.rowsWritten).toBe(100);
    expect(again.proof.destinationDigest).toEqual(first.proof.destinationDigest);
    expect(again.proof.isVerified).toBe(true);
  });

  it("an older claim of the pipeline is refused before it copies", async () => {
    const run = identity({ fence: 5 });
    await ends.copy({ ...append, identity: run, toTable: "public.fenced" });
    const stages = new Set<string>();
    const error = await ends.failure({
      ...append,
      identity: { ...run, runId: newId(), fence: 4 },
      toTable: "public.fenced",
      onProgress: ({ stage }) => stages.add(stage),
    });
    expect(told(error)).toBe("FENCE_STALE: A newer run of the pipeline has taken over");
    expect([...stages]).toEqual(["plan"]);
    expect(await countOf("fenced")).toBe(100);
  });

  it("a failed run can be tried again under the same fence and under the next", async () => {
    const run = identity();
    await ends.destination.query("create table retried (id text check (id <> '50'))");
    for (const fence of [1, 1, 2]) {
      expect((await ends.failure({ ...append, identity: { ...run, fence }, toTable: "public.retried" })).code).toBe(
        "CONSTRAINT_VIOLATED",
      );
    }
    await ends.destination.query("drop table retried");
    expect(
      (await ends.copy({ ...append, identity: { ...run, fence: 3 }, toTable: "public.retried" })).rowsWritten,
    ).toBe(100);
  });

  it("a claim that takes over ends the late one, whose rows are gone", async () => {
    const run = identity();
    const late = ends.failure({ table: "public.slow", identity: run, toTable: "public.taken" });
    await untilRow(ends.destination, COPYING);
    const outcome = await ends.copy({ table: "public.once", toTable: "public.taken", identity: { ...run, fence: 2 } });
    expect(outcome.proof.isVerified).toBe(true);
    expect((await late).code).toBe("CONNECTION_LOST");
    expect(await countOf("taken")).toBe(100);
    expect(await leftovers(ends.destination)).toEqual([]);
  });

  it("a late claim whose session cannot be ended still cannot commit", async () => {
    const run = identity();
    await ends.destination.query("create table frozen (id int)");
    // The copy stands still until the gate opens.
    await ends.source.query(`create view gated as
      select i as id from generate_series(1, 100) i, (select pg_advisory_xact_lock_shared(${GATE})) gate`);
    await ends.source.query(`select pg_advisory_lock(${GATE})`);
    const late = ends.failure({ ...append, table: "public.gated", toTable: "public.frozen", identity: run });
    await untilRow(ends.destination, COPYING);
    // As if another worker had claimed in the meantime.
    await ends.destination.query("update _millrace.position set fence = 2 where pipeline_id = $1", [run.pipelineId]);
    await ends.source.query(`select pg_advisory_unlock(${GATE})`);
    const error = await late;
    expect(error.code).toBe("FENCE_STALE");
    expect(await countOf("frozen")).toBe(0);
  });

  it("a commit whose answer is lost is recognised as done", async () => {
    const run = identity();
    await ends.destination.query("create table answered (id int)");
    let hasCommitted = false;
    const proxy = await openFaultProxy(server, {
      fromClient: (bytes) => {
        hasCommitted ||= bytes.includes("commit\0");
        return "pass";
      },
      fromServer: (_bytes, socket) => {
        if (!hasCommitted) return "pass";
        // The next connection, which asks what became of it, passes again.
        hasCommitted = false;
        socket.destroy();
        return "vanish";
      },
    });
    try {
      const outcome = await ends.copy({
        ...append,
        identity: run,
        toTable: "public.answered",
        destinationUrl: proxy.through(ends.destinationUrl),
      });
      expect(outcome.rowsWritten).toBe(100);
    } finally {
      await proxy.close();
    }
    expect(await countOf("answered")).toBe(100);
    await ends.copy({ ...append, identity: { ...run, fence: 2 }, toTable: "public.answered" });
    expect(await countOf("answered")).toBe(100);
  });

  it("a commit that never arrived is a lost connection, and the run can be tried again", async () => {
    const run = identity();
    await ends.destination.query("create table unanswered (id int)");
    let isCut = false;
    const proxy = await openFaultProxy(server, {
      fromClient: (bytes, socket) => {
        if (isCut || !bytes.includes("commit\0")) return "pass";
        isCut = true;
        socket.destroy();
        return "vanish";
      },
    });
    try {
      const error = await ends.failure({
        ...append,
        identity: run,
        toTable: "public.unanswered",
        destinationUrl: proxy.through(ends.destinationUrl),
      });
      expect(error.code).toBe("CONNECTION_LOST");
    } finally {
      await proxy.close();
    }
    expect(await countOf("unanswered")).toBe(0);
    await ends.copy({ ...append, identity: { ...run, fence: 2 }, toTable: "public.unanswered" });
    expect(await countOf("unanswered")).toBe(100);
  });

  it("two pipelines' first runs make the position's table at the same time", async () => {
    await ends.destination.query("drop schema _millrace cascade");
    await Promise.all(
      [1, 2, 3, 4].map((number) => ends.copy({ ...append, identity: identity(), toTable: `public.first_${number}` })),
    );
    expect(await countOf("_millrace.position")).toBe(4);
  });
});
