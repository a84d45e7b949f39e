import { debianServer, testServer } from "@millrace/db/testing";
import type { RowChanges } from "@millrace/shared";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { HOSTILE_NAMES } from "./testing/hostile-names.ts";
import { type CopyOptions, openTwoEnds, type TwoEnds } from "./testing/two-ends.ts";

const none: RowChanges = { inserted: 0, updated: 0, deleted: 0, unchanged: 0, duplicates: 0 };
const older = await debianServer();
const SERVERS = [
  { name: "in one transaction", isInChunks: false, isOlder: false },
  { name: "in chunks", isInChunks: true, isOlder: false },
  ...(older ? [{ name: "into PostgreSQL 15", isInChunks: true, isOlder: true }] : []),
];

describe.each(SERVERS)("merge $name", ({ isInChunks, isOlder }) => {
  let ends: TwoEnds;

  beforeAll(async () => {
    const server = await testServer();
    ends = await openTwoEnds(server, isOlder && older ? older : server, { isInChunks });
  });
  afterAll(() => ends.close());
  beforeEach(async () => {
    await ends.source
      .query(`drop table if exists items cascade; create table items (id int primary key, n numeric, note text);
      insert into items select i, i, 'note ' || i from generate_series(1, 1000) i`);
    await ends.destination.query("drop table if exists items cascade");
  });

  const merge = async (options: Partial<CopyOptions> = {}) => {
    const { proof } = await ends.copy({ table: "public.items", writeMode: "merge", ...options });
    expect(proof.isVerified).toBe(options.verify === false ? null : true);
    return proof.changes;
  };
  const failure = (options: Partial<CopyOptions> = {}) =>
    ends.failure({ table: "public.items", writeMode: "merge", ...options });
  const rows = async (sql: string) => (await ends.destination.query(sql)).rows;

  it("makes the table with its key, then changes nothing for a source that has not changed", async () => {
    expect(await merge()).toEqual({ ...none, inserted: 1000 });
    expect(await ends.difference("public.items")).toEqual([]);
    const before = await rows("select xmin, ctid, xmax from items order by id");
    expect(await merge()).toEqual({ ...none, unchanged: 1000 });
    expect(await rows("select xmin, ctid, xmax from items order by id")).toEqual(before);
    expect(
      await rows("select contype from pg_constraint where conrelid = 'items'::regclass and contype = 'p'"),
    ).toEqual([{ contype: "p" }]);
  });

  it("inserts new rows, updates those that differ by a single byte, and leaves the others alone", async () => {
    await merge();
    await ends.destination.query("insert into items values (5000, 1, 'of the destination alone')");
    await ends.source.query(`
      update items set note = null where id = 7; update items set n = 8.0 where id = 8;
      update items set note = 'x' where id = 9; insert into items select i, i, null from generate_series(2001, 2005) i`);
    expect(await merge()).toEqual({ ...none, inserted: 5, updated: 3, unchanged: 997 });
    await ends.destination.query("delete from items where id = 5000");
    expect(await ends.difference("public.items")).toEqual([]);
  });

  it("finds rows by a named key of several columns, and needs a unique index on just these", async () => {
    await ends.destination.query("create table items (id int, n numeric, note text, unique (note, id))");
    const policies = { key: ["id", "note"] };
    expect(await merge({ policies })).toEqual({ ...none, inserted: 1000 });
    await ends.source.query("update items set n = -1 where id <= 10");
    expect(await merge({ policies })).toEqual({ ...none, updated: 10, unchanged: 990 });
    expect(await failure({ policies: { key: ["id"] } })).toMatchObject({
      code: "KEY_NOT_UNIQUE",
      hint: expect.stringContaining(`CREATE UNIQUE INDEX ON "public"."items" ("id")`),
    });
    await ends.destination.query("create unique index on items (id) where n > 0");
    expect((await failure({ policies: { key: ["id"] } })).code).toBe("KEY_NOT_UNIQUE");
  });

  it("takes the named key for the key of a table that it makes", async () => {
    const policies = { key: ["note"] };
    await ends.source.query("alter table items alter note set not null");
    expect(await merge({ policies })).toEqual({ ...none, inserted: 1000 });
    await ends.source.query("update items set id = id + 5000 where id = 1");
    expect(await merge({ policies })).toEqual({ ...none, updated: 1, unchanged: 999 });
    expect(await ends.difference("public.items")).toEqual([]);
  });

  it.each([
    ["KEY_MISSING", {}, "create view v as select id, note from items", "public.v"],
    ["KEY_COLUMN_MISSING", { key: ["ID"] }, "select", "public.items"],
    ["KEY_NULL", { key: ["note"] }, "update items set note = null where id in (3, 4)", "public.items"],
    ["COLUMN_RESERVED", { deletes: { mode: "soft" as const, column: "n" } }, "select", "public.items"],
  ])("refuses with %s and changes nothing", async (code, policies, sql, table) => {
    await ends.source.query(sql);
    const error = await failure({ table, toTable: "public.items", policies });
    expect(error.code).toBe(code);
    expect(`${error.message} ${error.hint}`).not.toMatch(/\{\w+\}/);
    expect(await rows("select to_regclass('items') as there")).toEqual([{ there: null }]);
    if (code === "KEY_NULL") expect(error.params).toMatchObject({ count: 2, key: "note" });
  });

  it("of rows with one key the last one wins, and the others are counted", async () => {
    await ends.source.query(`
      create table events (id int, note text);
      insert into events select i % 100, 'note ' || i from generate_series(1, 1000) i`);
    await ends.destination.query("create table events (id int primary key, note text)");
    const changes = await merge({ table: "public.events", policies: { key: ["id"] } });
    expect(changes).toEqual({ ...none, inserted: 100, duplicates: 900 });
    expect(
      await rows(
        "select count(*) as count from events where note <> 'note ' || (900 + case id when 0 then 100 else id end)",
      ),
    ).toEqual([{ count: "0" }]);
    expect(await merge({ table: "public.events", policies: { key: ["id"] } })).toMatchObject({ unchanged: 100 });
    await ends.source.query("drop table events");
    await ends.destination.query("drop table events");
  });

  it("leaves generated columns, defaults and identity columns as they are", async () => {
    await ends.destination.query(`create table items (
      id int primary key generated always as identity, n numeric, note text,
      double numeric generated always as (n * 2) stored, seen timestamptz default now(), tag text default 'mine')`);
    await merge();
    await ends.destination.query("update items set tag = 'kept'");
    await ends.source.query("update items set n = n + 1 where id < 11; insert into items values (2000, 1, 'new')");
    expect(await merge()).toEqual({ ...none, inserted: 1, updated: 10, unchanged: 990 });
    expect(
      await rows(
        "select count(*) as count from items where double <> n * 2 or tag <> case id when 2000 then 'mine' else 'kept' end",
      ),
    ).toEqual([{ count: "0" }]);
  });

  it("keeps the value of an identity column that is not the key, and says so", async () => {
    await ends.destination.query(
      "create table items (id int generated always as identity, n numeric, note text primary key)",
    );
    const log: string[] = [];
    const policies = { key: ["note"] };
    await merge({ policies, onLog: (_level, message) => log.push(message) });
    expect(log).toContain("Rows that are there keep the values of their identity columns: id");
    await ends.source.query("update items set id = id + 9000, n = 0 where id = 5");
    expect(await merge({ policies })).toEqual({ ...none, updated: 1, unchanged: 999 });
    expect(await rows("select id, n from items where note = 'note 5'")).toEqual([{ id: "5", n: "0" }]);
  });

  it("goes into a partitioned table", async () => {
    await ends.destination.query(`create table items (id int primary key, n numeric, note text) partition by range (id);
      create table items_low partition of items for values from (minvalue) to (500);
      create table items_high partition of items default`);
    expect(await merge()).toEqual({ ...none, inserted: 1000 });
    await ends.source.query("update items set n = 0 where id % 100 = 0; insert into items values (-1, 1, 'new')");
    expect(await merge({ policies: { deletes: { mode: "hard" } } })).toEqual({
      ...none,
      inserted: 1,
      updated: 10,
      unchanged: 990,
    });
    expect(await ends.difference("public.items")).toEqual([]);
  });

  it("compares what has no equality, and what is stored out of line", async () => {
    await ends.source.query(`create table odd (id int primary key, j json, p point, x xml, big text);
      insert into odd select i, '{"a": 1}', point(i, 1), '<a/>', repeat(md5(i::text), 400) from generate_series(1, 50) i`);
    await merge({ table: "public.odd" });
    expect(await merge({ table: "public.odd" })).toEqual({ ...none, unchanged: 50 });
    await ends.source.query(`update odd set j = '{"a":1}' where id = 1; update odd set p = null where id = 2;
      update odd set big = big || 'x' where id = 3; update odd set x = '<b/>' where id = 4`);
    expect(await merge({ table: "public.odd" })).toEqual({ ...none, updated: 4, unchanged: 46 });
    expect(await ends.difference("public.odd")).toEqual([]);
    await ends.source.query("drop table odd");
    await ends.destination.query("drop table odd");
  });

  it("works with the names that are hardest to quote", async () => {
    for (const name of HOSTILE_NAMES.filter((each) => /^(__proto__|quo.*|new\nline|"; drop.*)$/s.test(each))) {
      const quoted = `"${name.replaceAll('"', '""')}"`;
      for (const client of [ends.source, ends.destination]) await client.query(`drop table if exists hostile`);
      await ends.source.query(`create table hostile (${quoted} int primary key, "t" int, "s" text);
        insert into hostile select i, i, i from generate_series(1, 20) i`);
      await merge({ table: "public.hostile" });
      await ends.source.query(`update hostile set s = 'x' where t = 3; delete from hostile where t = 4`);
      const policies = { deletes: { mode: "soft" as const, column: `gone ${name}`.slice(0, 20) } };
      const column = `"${policies.deletes.column.replaceAll('"', '""')}"`;
      await ends.destination.query(`alter table hostile add ${column} timestamptz`);
      expect(await merge({ table: "public.hostile", policies })).toEqual({
        ...none,
        updated: 1,
        deleted: 1,
        unchanged: 18,
      });
    }
  });

  it.each([
    ["what arrives", "changed", { updated: 1, unchanged: 999 }],
    ["something else", "else", { updated: 2, unchanged: 998 }],
  ])("is right about rows that another session makes %s while it waits", async (_what, note, counts) => {
    await merge();
    await ends.source.query("update items set note = 'changed' where id in (7, 9)");
    await ends.destination.query("begin");
    await ends.destination.query("update items set note = $1 where id = 7", [note]);
    const merging = merge();
    try {
      const waiting = "select from pg_locks where not granted and pg_backend_pid() = any (pg_blocking_pids(pid))";
      await vi.waitFor(async () => expect(await rows(waiting)).not.toEqual([]), 30_000);
    } finally {
      await ends.destination.query("commit");
    }
    expect(await merging).toEqual({ ...none, ...counts });
    expect(await ends.difference("public.items")).toEqual([]);
  });

  it("is refused where a trigger of the destination changes what arrives, and nothing is changed", async () => {
    await ends.destination.query(`create table items (id int primary key, n numeric, note text);
      create or replace function alter_it() returns trigger language plpgsql as $$ begin new.note := 'other'; return new; end $$;
      create trigger alter_it before insert or update on items for each row execute function alter_it()`);
    expect((await failure()).code).toBe("DIGEST_MISMATCH");
    expect(await rows("select count(*) as count from items")).toEqual([{ count: "0" }]);
    expect(await merge({ verify: false })).toEqual({ ...none, inserted: 1000 });
  });

  it("is refused where a trigger of the destination changes rows after they were stored", async () => {
    await ends.destination.query(`create table items (id int primary key, n numeric, note text);
      create or replace function alter_later() returns trigger language plpgsql as $$ begin
        update items set note = 'other' where id = new.id; return null; end $$;
      create trigger alter_later after insert or update on items
        for each row when (new.id = 500 and new.note <> 'other') execute function alter_later()`);
    expect((await failure()).code).toBe("DIGEST_MISMATCH");
    expect(await rows("select count(*) as count from items")).toEqual([{ count: "0" }]);
  });

  it("leaves nothing of its own behind", async () => {
    await merge();
    await merge();
    expect(
      await rows("select relname from pg_class where relname like '%stage%' and relkind = 'r' and relname <> 'stage'"),
    ).toEqual([]);
  });
});
