import { testServer } from "@millrace/db/testing";
import { type FoundChanges, planChanges, previewRun, type RunIdentity } from "@millrace/engine";
import { Mapping, newId, parseTableName, PipelinePolicies, type RowChanges } from "@millrace/shared";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type CopyOptions, openTwoEnds, type TwoEnds } from "./testing/two-ends.ts";

const none: RowChanges = { inserted: 0, updated: 0, deleted: 0, unchanged: 0, duplicates: 0 };

describe("what a run would do to the rows that stand there", () => {
  let ends: TwoEnds;
  let identity: RunIdentity;

  beforeAll(async () => {
    ends = await openTwoEnds(await testServer());
  });
  afterAll(() => ends.close());
  beforeEach(async () => {
    identity = { pipelineId: newId(), runId: newId(), fence: 0 };
    for (const client of [ends.source, ends.destination]) await client.query("drop table if exists items cascade");
    await ends.source.query(`create table items (id int primary key, note text, amount numeric, at timestamptz);
      insert into items select n, 'note ' || n, n, timestamptz '2026-01-01' + n * interval '1 s' from generate_series(1, 5000) n`);
  });

  const options = (more: Partial<CopyOptions>): CopyOptions => {
    identity = { ...identity, runId: newId(), fence: identity.fence + 1 };
    return { table: "public.items", writeMode: "merge", identity, ...more };
  };
  const never = new AbortController().signal;
  async function plan(more: Partial<CopyOptions>, timeUp = never, signal = never): Promise<FoundChanges> {
    const { table, toTable = table, writeMode = "replace", policies = {}, mapping, maskKey = null } = options(more);
    const [source, destination] = [await ends.open("source"), await ends.open("destination")];
    try {
      return await planChanges({
        source,
        destination,
        sourceTable: parseTableName(table),
        destinationTable: parseTableName(toTable),
        writeMode,
        policies: PipelinePolicies.parse(policies),
        schema: more.schema,
        mapping: mapping && { mapping: Mapping.parse(mapping), maskKey },
        pipelineId: identity.pipelineId,
        signal,
        timeUp,
      });
    } finally {
      await Promise.all([source.close(), destination.close()]);
    }
  }
  /** What the plan counts, once the run has counted the same. */
  async function planned(more: Partial<CopyOptions>): Promise<RowChanges | null> {
    const found = await plan(more);
    const { proof } = await ends.copy(options(more));
    expect(found.counts).toEqual(proof.changes);
    expect(found).toMatchObject({ isComplete: true, refusal: null });
    return found.counts;
  }

  it("is nothing but inserts where nothing stands", async () => {
    const { inserted, columns } = await plan({});
    expect(inserted).toHaveLength(20);
    expect(inserted[0]?.after?.[columns.indexOf("note")]).toBe("note 1");
    expect(await planned({})).toEqual({ ...none, inserted: 5000 });
    expect(await planned({})).toEqual({ ...none, unchanged: 5000 });
  });

  it.each(["merge", "history"] as const)(
    "is nothing but inserts where an empty table stands: %s",
    async (writeMode) => {
      const more = { writeMode, policies: { key: ["id"] } };
      await ends.copy(options(more));
      await ends.destination.query("delete from items");
      expect((await plan(more)).inserted).toHaveLength(20);
      expect(await planned(more)).toEqual({ ...none, inserted: 5000 });
    },
  );

  it("is nothing but updates where every row is marked as deleted", async () => {
    const more = { policies: { deletes: { mode: "soft" as const } } };
    await ends.copy(options(more));
    await ends.destination.query("update items set deleted_at = now()");
    expect(await planned(more)).toEqual({ ...none, updated: 5000 });
  });

  const change = async () => {
    await ends.source.query(`update items set note = 'new' where id <= 7;
      update items set amount = amount * 1.00 where id between 100 and 104;
      update items set note = null where id = 4000;
      delete from items where id in (50, 51, 2500);
      insert into items values (6000, 'more', null, now()), (-1, 'less', null, now())`);
  };

  it.each([
    ["merge", "ignore", { inserted: 2, updated: 13, deleted: 0 }],
    ["merge", "hard", { inserted: 2, updated: 13, deleted: 3 }],
    ["merge", "soft", { inserted: 2, updated: 13, deleted: 3 }],
    ["history", "ignore", { inserted: 2, updated: 13, deleted: 0 }],
    ["history", "soft", { inserted: 2, updated: 13, deleted: 3 }],
  ] as const)("%s with deletes %s counts what the run then counts", async (writeMode, mode, counts) => {
    const more = { writeMode, policies: { key: ["id"], deletes: { mode } } };
    await ends.copy(options(more));
    await change();
    expect(await planned(more)).toEqual({ ...none, ...counts, unchanged: 4984 });
    expect(await planned(more)).toEqual({ ...none, unchanged: 4999 });
  });

  it("counts a row that comes back from its mark of deletion as updated, whether it has changed or not", async () => {
    const more = { policies: { deletes: { mode: "soft" as const } } };
    await ends.copy(options(more));
    await ends.source.query("create table kept as select * from items; delete from items where id <= 10");
    expect(await planned(more)).toEqual({ ...none, deleted: 10, unchanged: 4990 });
    await ends.source.query(
      "insert into items select * from kept where id <= 4; update items set note = 'x' where id = 1",
    );
    const found = await plan(more);
    expect(found.updated.map(({ before, changed }) => [before?.[0], changed])).toEqual([
      ["1", ["note"]],
      ["2", []],
      ["3", []],
      ["4", []],
    ]);
    expect(await planned(more)).toEqual({ ...none, updated: 4, unchanged: 4990 });
  });

  it("looks at columns that the run is about to add or to widen as they will be", async () => {
    await ends.source.query("alter table items add column small int default 1");
    const policies = { schemaChange: "evolve" as const };
    const { agreement } = await ends.copy(options({ policies, schema: { agreed: null, accepted: null } }));
    await ends.source.query(`alter table items add column more text, alter column small type bigint;
      update items set more = 'x' where id <= 3; update items set small = 1e10 where id = 4`);
    const after = { policies, schema: { agreed: agreement, accepted: null } };
    expect((await plan(after)).updated.map(({ changed }) => changed)).toEqual([
      ["more"],
      ["more"],
      ["more"],
      ["small"],
    ]);
    expect(await planned(after)).toEqual({ ...none, updated: 4, unchanged: 4996 });
  });

  it("counts of rows that share a key the last one, and how many do not count", async () => {
    await ends.copy(options({}));
    await ends.source.query(`alter table items drop constraint items_pkey;
      insert into items values (1, 'note 1', 1, '2020-01-01'), (2, 'second', 2, now()), (2, 'third', 2, now()), (9000, 'a', 0, now()), (9000, 'b', 0, now())`);
    const more = { policies: { key: ["id"] } };
    const found = await plan(more);
    expect(found.updated.map(({ after }) => after?.[1])).toEqual(["note 1", "third"]);
    expect(found.inserted.map(({ after }) => after?.[1])).toEqual(["b"]);
    expect(await planned(more)).toEqual({ ...none, inserted: 1, updated: 2, unchanged: 4998, duplicates: 4 });
  });

  it("finds the last row of a key also behind a mapping, by its cursor where it has one", async () => {
    const mapping = {
      columns: [{ source: "id", name: "number", transform: { kind: "keep" as const } }],
      rest: "keep" as const,
    };
    await ends.source.query("create table first as select * from items; truncate items");
    const more = { mapping, toTable: "public.arrived", policies: { key: ["number"] } };
    await ends.destination.query("drop table if exists arrived");
    await ends.source.query("alter table items drop constraint items_pkey; insert into items select * from first");
    await ends.copy(options(more));
    await ends.source.query(`insert into items values (2, 'by place', 2, '2020-01-01')`);
    expect((await plan(more)).updated.map(({ after }) => after?.includes("by place"))).toEqual([true]);
    const byCursor = { ...more, policies: { ...more.policies, incremental: { cursor: "at", lag: 1e9 } } };
    expect((await plan(byCursor)).counts).toEqual({ ...none, unchanged: 5000, duplicates: 1 });
    expect(await planned(more)).toEqual({ ...none, updated: 1, unchanged: 4999, duplicates: 1 });
  });

  it("shows the rows with the cells that differ, as they arrive: what is masked stays masked", async () => {
    const mapping = { columns: [{ source: "note", name: "note", transform: { kind: "redact" as const } }] };
    const more = { mapping: { ...mapping, rest: "keep" as const }, policies: { deletes: { mode: "hard" as const } } };
    await ends.copy(options(more));
    await ends.source.query(`update items set note = 'secret', amount = 77 where id = 3;
      delete from items where id = 4; insert into items values (7000, 'secret', 1)`);
    const { keyColumns, columns, inserted, updated, deleted } = await plan(more);
    expect([keyColumns, columns.toSorted()]).toEqual([["id"], ["amount", "at", "id", "note"]]);
    const amount = columns.indexOf("amount");
    expect(updated.map(({ before, after, changed }) => [before?.[amount], after?.[amount], changed])).toEqual([
      ["3", "77", ["amount"]],
    ]);
    expect(inserted[0]?.after).toContain("7000");
    expect(deleted[0]?.before).toContain("4");
    expect(JSON.stringify([inserted, updated, deleted])).not.toContain("secret");
  });

  it("shows at most twenty of a kind, and counts all", async () => {
    await ends.copy(options({}));
    await ends.source.query("update items set note = 'all'");
    const found = await plan({});
    expect(found.updated).toHaveLength(20);
    expect(found.counts).toEqual({ ...none, updated: 5000 });
  });

  describe("of an incremental run", () => {
    const incremental = { cursor: "at" };

    it("counts only what would be read", async () => {
      const more = { policies: { incremental } };
      expect(await planned(more)).toEqual({ ...none, inserted: 5000 });
      await ends.source.query(`update items set note = 'unseen' where id <= 5;
        update items set note = 'seen', at = '2026-03-01' where id between 6 and 8; delete from items where id = 50;
        insert into items values (6000, 'new', 1, '2026-03-02')`);
      expect(await plan(more)).toMatchObject({ sourceRows: 5 });
      expect(await planned(more)).toEqual({ ...none, inserted: 1, updated: 3, unchanged: 1 });
    });

    it.each(["hard", "soft"] as const)("and of all keys what is gone, with deletes %s", async (mode) => {
      const more = { policies: { incremental, deletes: { mode } } };
      await ends.copy(options(more));
      await ends.source.query(`create table kept_${mode} as select * from items where id in (50, 60);
        delete from items where id in (50, 60, 4000); update items set note = 'x', at = '2026-03-01' where id = 9`);
      expect(await planned(more)).toEqual({ ...none, updated: 1, deleted: 3, unchanged: 1 });
      // One comes back with its old cursor, which is not read, and one with a new one.
      await ends.source.query(`insert into items select * from kept_${mode};
        update items set at = '2026-03-02' where id = 60`);
      const counts = await planned(more);
      expect(counts).toEqual(
        mode === "soft" ? { ...none, updated: 2, unchanged: 1 } : { ...none, inserted: 1, unchanged: 1 },
      );
    });

    it("reads everything of a pipeline that does not exist yet", async () => {
      await ends.copy(options({}));
      expect((await plan({ policies: { incremental } })).counts).toEqual({ ...none, unchanged: 5000 });
    });
  });

  describe("that replaces the table", () => {
    it("is told by the key that stands there", async () => {
      const more = { writeMode: "replace" as const };
      await ends.copy(options(more));
      await change();
      expect((await plan(more)).counts).toEqual({ ...none, inserted: 2, updated: 13, deleted: 3, unchanged: 4984 });
    });

    it("is told by the numbers of rows alone where there is no key", async () => {
      await ends.source.query("alter table items drop constraint items_pkey");
      const more = { writeMode: "replace" as const };
      await ends.copy(options(more));
      await ends.source.query("delete from items where id <= 5");
      expect(await plan(more)).toMatchObject({ counts: null, sourceRows: 4995, destinationRows: 5000 });
    });
  });

  it("adds every row where rows are only added", async () => {
    const more = { writeMode: "append" as const };
    await ends.copy(options(more));
    expect(await plan(more)).toMatchObject({ counts: { ...none, inserted: 5000 }, destinationRows: 5000 });
  });

  it("goes through a stage where the table has several parts, whose statements are part of the plan", async () => {
    const [source, destination] = [await ends.open("source"), await ends.open("destination")];
    const table = parseTableName("public.items");
    const silent = { onLog: () => {}, onProgress: () => {}, identity: null, signal: new AbortController().signal };
    const request = { source, destination, sourceTable: table, destinationTable: table, parallelism: 2, ...silent };
    const preview = await previewRun({ ...request, writeMode: "merge", chunkBytes: 64 * 1024 });
    await Promise.all([source.close(), destination.close()]);
    expect(preview.chunkCount).toBeGreaterThan(1);
    expect(preview.plan?.stagedStatements?.join(";")).toMatch(/create table "_millrace"."stage" .* rename to "items"/s);
    expect(preview.plan?.statements.join(";")).not.toContain("_millrace");
  });

  it("says that the run would be refused for deleting too many, with the counts", async () => {
    const more = { policies: { deletes: { mode: "hard" as const, maxPercent: 10 } } };
    await ends.copy(options(more));
    await ends.source.query("delete from items where id > 1000");
    const { counts, refusal } = await plan(more);
    expect(counts).toMatchObject({ deleted: 4000 });
    expect(refusal?.message).toBe((await ends.failure(options(more))).message);
  });

  it("refuses what the run would refuse: a key without a value", async () => {
    await ends.copy(options({}));
    await ends.source.query(
      "alter table items drop constraint items_pkey, alter id drop not null; insert into items values (null)",
    );
    const more = { policies: { key: ["id"] } };
    const error = await plan(more).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "KEY_NULL", message: (await ends.failure(options(more))).message });
  });

  describe("of rows that take minutes to be read", () => {
    const slowly = { table: "public.slowly", toTable: "public.items", policies: { key: ["id"] } };
    beforeEach(async () => {
      await ends.copy(options({}));
      await ends.source.query(`
        create or replace function slow(int) returns int language plpgsql as $$ begin perform pg_sleep(600); return $1; end $$;
        create view slowly as select case when id = 4999 then slow(id) else id end as id, note from items where id is not null;`);
    });
    const sessions = async (condition: string) => {
      const { rowCount } = await ends.source.query(
        `select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and ${condition}`,
      );
      return rowCount;
    };
    const untilItSleeps = () =>
      expect.poll(() => sessions("wait_event = 'PgSleep'"), { timeout: 30_000 }).toBeGreaterThan(0);

    it("answers with what it has found when time is up", async () => {
      const timeUp = new AbortController();
      const waiting = plan(slowly, timeUp.signal);
      await untilItSleeps();
      timeUp.abort();
      expect(await waiting).toMatchObject({ isComplete: false, counts: none });
    });

    it("ends at the server when whoever has asked goes, and leaves no transaction open", async () => {
      const left = new AbortController();
      const waiting = plan(slowly, never, left.signal).catch((thrown: unknown) => thrown);
      await untilItSleeps();
      left.abort();
      expect(await waiting).toMatchObject({ code: "RUN_CANCELLED" });
      await expect.poll(() => sessions("xact_start is not null"), { timeout: 30_000 }).toBe(0);
    });
  });
});
