import { debianServer, testServer, type TestServer } from "@millrace/db/testing";
import { type Chunk, combineDigests, planRun, type TablePlan, WHOLE_TABLE } from "@millrace/engine";
import { parseTableName } from "@millrace/shared";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTwoEnds, type TwoEnds } from "./testing/two-ends.ts";

const servers: [string, TestServer][] = [["PostgreSQL 18", await testServer()]];
const debian = await debianServer();
if (debian) servers.push(["PostgreSQL 15", debian]);

describe.each(servers)("chunks of a table of %s", (_name, server) => {
  let ends: TwoEnds;

  beforeAll(async () => {
    ends = await openTwoEnds(server);
    await ends.source.query(`
      create table many (id int, note text); insert into many select i, repeat(md5(i::text), 3) from generate_series(1, 5000) i;
      create materialized view kept as select * from many;
      create view seen as select * from many;
      create table parted (id int, note text) partition by range (id);
      create table part_1 partition of parted for values from (0) to (1000);
      create table part_2 partition of parted for values from (1000) to (20000) partition by list (note);
      create table part_2_x partition of part_2 default;
      create table part_3 partition of parted default;
      insert into parted select i, repeat(md5(i::text), 3) from generate_series(1, 25000) i;
      create table mixed (id int) partition by range (id); create table near partition of mixed default;
      insert into mixed select generate_series(1, 50000);
      create extension file_fdw; create server files foreign data wrapper file_fdw;
      create foreign table far partition of mixed for values from (-10) to (0) server files options (filename '/dev/null');
      create table small (id int); insert into small values (1);
      create table empty (id int);
      create table long (id int, note text); alter table long alter note set storage external;
      insert into long select i, repeat(md5(i::text), 200) from generate_series(1, 400) i`);
  });
  afterAll(() => ends.close());

  async function split(table: string, targetBytes: number) {
    const [source, destination] = [await ends.open("source"), await ends.open("destination")];
    try {
      const sourceTable = parseTableName(table);
      const signal = new AbortController().signal;
      const quiet = { onProgress: () => {}, onLog: () => {} };
      const ends = { source, destination, sourceTable, destinationTable: sourceTable };
      const plan = await planRun({ ...ends, ...quiet, writeMode: "replace", identity: null, signal });
      const session = await source.source?.begin(sourceTable, signal);
      if (!session) throw new RangeError("no source");
      const chunks = await session.chunks(plan, targetBytes);
      const digest = async (wanted: readonly Chunk[], from: TablePlan) => {
        const digests = [];
        for (const chunk of wanted) digests.push(await session.digest(from, chunk));
        return digests;
      };
      const parts = await digest(chunks, plan);
      const [whole] = await digest([WHOLE_TABLE], plan);
      await session.close();
      return { chunks, parts, whole };
    } finally {
      await Promise.all([source.close(), destination.close()]);
    }
  }

  it.each(["public.many", "public.kept", "public.long", "public.parted"])(
    "%s is split into parts that add up to it",
    async (table) => {
      const { chunks, parts, whole } = await split(table, 64 * 1024);
      expect(chunks.length).toBeGreaterThan(2);
      expect(chunks.map(({ index }) => index)).toEqual(chunks.map((_, index) => index));
      expect(combineDigests(parts)).toEqual(whole);
      expect(parts.every(({ rowCount }) => rowCount > 0)).toBe(true);
    },
  );

  it.each(["public.seen", "public.small", "public.empty"])("%s stays whole", async (table) => {
    expect((await split(table, 64 * 1024)).chunks).toEqual([WHOLE_TABLE]);
  });

  it("a partitioned table with a foreign partition stays whole", async () => {
    await ends.source.query("alter table mixed detach partition far");
    expect((await split("public.mixed", 64 * 1024)).chunks.length).toBeGreaterThan(2);
    await ends.source.query("alter table mixed attach partition far for values from (-10) to (0)");
    expect((await split("public.mixed", 64 * 1024)).chunks).toEqual([WHOLE_TABLE]);
  });

  it("rows with long values have fewer pages in a chunk", async () => {
    const pages = Number((await ends.source.query("select pg_relation_size('long') / 8192 as pages")).rows[0].pages);
    expect(pages).toBeLessThan(8);
    expect((await split("public.long", 64 * 1024)).chunks.length).toBeGreaterThan(1);
  });

  it("a table that has grown keeps its first chunks", async () => {
    const before = (await split("public.many", 64 * 1024)).chunks;
    await ends.source.query("insert into many select i, repeat(md5(i::text), 3) from generate_series(5001, 9000) i");
    const after = (await split("public.many", 64 * 1024)).chunks;
    expect(after.slice(0, before.length - 1)).toEqual(before.slice(0, -1));
    expect(after.length).toBeGreaterThan(before.length);
  });
});
