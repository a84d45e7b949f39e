import { beforeAll, describe, expect, it } from "vitest";
import { never, testSessions } from "../testing/test-sessions.ts";
import type { PostgresSession } from "./postgres-session.ts";
import { openSession } from "./postgres-session.ts";
import { listTables, preview } from "./postgres-tables.ts";

const { config, open } = testSessions();
const READER = { username: "table_reader", password: "reads-only" };

beforeAll(async () => {
  const session = await openSession(config(), { side: "source", signal: never() });
  await session.query(`
    create schema "Sales";
    create schema _millrace;
    create schema hidden;
    create table "Sales"."my.table" (id int primary key, "__proto__" text, b bytea, "say ""hi""" numeric);
    insert into "Sales"."my.table" values (1, 'x', '\\x00ff', 'NaN'), (2, null, null, 1e100);
    create table _millrace.position (id int);
    create table hidden.secret (id int);
    create table public.counted as select n, repeat('x', 100) as filler from generate_series(1, 1000) n;
    create table public.empty ();
    insert into public.empty default values;
    create table public.never_analyzed (id int) with (autovacuum_enabled = off);
    create view public.a_view as select n from public.counted;
    create materialized view public.a_matview as select n from public.counted;
    create table public.parted (n int) partition by range (n);
    create table public.parted_low partition of public.parted for values from (0) to (500);
    create table public.parted_high partition of public.parted for values from (500) to (10000);
    insert into public.parted select n from public.counted;
    create table public.parted_unknown (n int) partition by range (n);
    create table public.parted_unknown_1 partition of public.parted_unknown for values from (0) to (9)
      with (autovacuum_enabled = off);
    analyze public.counted, public.a_matview, public.parted_low, public.parted_high;
    create function public.writes() returns int language sql as $$ insert into counted values (0, '') returning n $$;
    create view public.writing_view as select public.writes() as n`);
  await session.query(`
    create role table_reader login password 'reads-only';
    grant usage on schema "Sales" to table_reader;
    grant select (id) on "Sales"."my.table" to table_reader;
    grant select on public.counted to table_reader;
    grant select on hidden.secret to table_reader`);
  await session.close();
});

const namesOf = async (session: PostgresSession) => (await listTables(session)).map(({ reference }) => reference);

describe("the list of tables", () => {
  it("has every kind with its estimates, by schema and name, and nothing of the system", async () => {
    const tables = await listTables(await open());
    const bytes = expect.any(Number);
    expect(
      tables.map(({ reference, kind, estimatedRows, estimatedBytes }) => [
        reference,
        kind,
        estimatedRows,
        estimatedBytes,
      ]),
    ).toEqual([
      ['Sales."my.table"', "table", null, bytes],
      ["hidden.secret", "table", null, 0],
      ["public.a_matview", "materialized_view", 1000, bytes],
      ["public.a_view", "view", null, null],
      ["public.counted", "table", 1000, bytes],
      ["public.empty", "table", null, bytes],
      ["public.never_analyzed", "table", null, 0],
      ["public.parted", "partitioned_table", 1000, bytes],
      ["public.parted_high", "table", 501, bytes],
      ["public.parted_low", "table", 499, bytes],
      ["public.parted_unknown", "partitioned_table", null, 0],
      ["public.parted_unknown_1", "table", null, 0],
      ["public.writing_view", "view", null, null],
    ]);
    const sizeOf = (name: string) => tables.find((table) => table.name === name)?.estimatedBytes ?? 0;
    expect(sizeOf("counted")).toBeGreaterThan(100_000);
    expect(sizeOf("parted")).toBe(sizeOf("parted_low") + sizeOf("parted_high"));
  });

  it("leaves out what the user may not see", async () => {
    expect(await namesOf(await open(READER))).toEqual(['Sales."my.table"', "public.counted"]);
  });

  it("tells which of them the user may read whole", async () => {
    const readable = async (session: PostgresSession) =>
      (await listTables(session)).filter(({ isReadable }) => isReadable).map(({ reference }) => reference);
    expect(await readable(await open(READER))).toEqual(["public.counted"]);
    const session = await open();
    expect(await readable(session)).toEqual(await namesOf(session));
  });

  it("does not wait for a table that somebody is rewriting", async () => {
    const session = await open();
    const other = await open();
    await other.query("begin; lock table public.counted; lock table public.parted_low");
    const tables = await listTables(session);
    const bytesOf = (name: string) => tables.find((table) => table.name === name)?.estimatedBytes;
    expect(bytesOf("counted")).toBeNull();
    expect(bytesOf("parted")).toBeNull();
    expect(bytesOf("parted_high")).toBeGreaterThan(0);
  });
});

describe("a preview", () => {
  const look = async (schema: string, name: string, limit = 10) => preview(await open(), { schema, name }, limit);

  it("has the columns in their order and each value as the server's text", async () => {
    expect(await look("Sales", "my.table")).toEqual({
      columns: ["id", "__proto__", "b", 'say "hi"'],
      rows: [
        ["1", "x", "\\x00ff", "NaN"],
        ["2", null, null, `1${"0".repeat(100)}`],
      ],
    });
  });

  it("has at most as many rows as asked for", async () => {
    expect((await look("public", "counted", 3)).rows).toHaveLength(3);
  });

  it("cuts long texts at 500 characters, of bytes without writing them out", async () => {
    const session = await open();
    await session.query(`
      create table if not exists public.long as
      select repeat('ž', 100000) as text, decode(repeat('ab', 100000), 'hex') as bytes, array[repeat('y', 9999)] as list`);
    const { rows } = await preview(session, { schema: "public", name: "long" }, 1);
    expect(rows[0]?.map((text) => text?.length)).toEqual([500, 500, 500]);
    expect(rows[0]?.[1]).toMatch(/^\\x(?:ab)+$/);
    await session.query("drop table public.long");
  });

  it("shows views, partitioned tables, and the rows of a table without columns", async () => {
    expect((await look("public", "a_view", 2)).rows).toHaveLength(2);
    expect((await look("public", "parted", 2)).rows).toHaveLength(2);
    expect(await look("public", "empty")).toEqual({ columns: [], rows: [[]] });
  });

  it("lets no view write", async () => {
    await expect(look("public", "writing_view")).rejects.toMatchObject({ code: "READ_ONLY" });
  });

  it("leaves the session usable after a refusal", async () => {
    const session = await open(READER);
    const table = { schema: "public", name: "never_analyzed" };
    await expect(preview(session, table, 1)).rejects.toMatchObject({
      code: "PRIVILEGE_MISSING",
      params: { object: "public.never_analyzed" },
    });
    expect((await preview(session, { schema: "public", name: "counted" }, 1)).rows).toHaveLength(1);
  });

  it.each([
    ["public", "nowhere"],
    ["nowhere", "counted"],
    ["public", "Counted"],
    ["public", 'counted"; drop table public.counted; --'],
  ])("of %s.%s, which is not there, says so", async (schema, name) => {
    await expect(look(schema, name)).rejects.toMatchObject({ code: "SOURCE_TABLE_MISSING" });
  });
});
