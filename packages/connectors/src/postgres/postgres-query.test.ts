import { testServer } from "@millrace/db/testing";
import { PLAIN_MAPPING } from "@millrace/shared";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openTwoEnds, told, type TwoEnds } from "./testing/two-ends.ts";

describe("custom SQL as a source", () => {
  let ends: TwoEnds;

  beforeAll(async () => {
    ends = await openTwoEnds(await testServer());
    await ends.source.query(`
      create type mood as enum ('sad', 'ok');
      create collation insensitive (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      create table customers (id int primary key, name text collate insensitive, feels mood);
      create table orders (id int primary key, customer_id int, total numeric(10,2), at timestamptz, tags text[]);
      insert into customers values (1, 'Ada', 'ok'), (2, 'ADA', null);
      insert into orders values (10, 1, 5.50, '2026-01-01', '{a}'), (11, 1, 1, '2026-02-01', null), (12, 3, 9, null, '{}')`);
  });
  beforeEach(() => ends.destination.query("drop table if exists report"));
  afterAll(() => ends.close());

  const from = (sql: string, more: object = {}) => ({ table: "public.report", mapping: { query: { sql }, ...more } });
  const refused = async (sql: string) => told(await ends.failure(from(sql)));

  it("arrives with joins, types kept, verified", async () => {
    const { proof, rowsWritten } = await ends.copy(
      from(`
        with big as (select * from orders where total > 0) -- a comment's quote
        select c.name, c.feels, sum(o.total)::numeric(12,2) as total, max(o.at) as last, array_agg(o.id order by o.id) as "Order ids"
        from customers c left join big o on o.customer_id = c.id
        group by c.name, c.feels, c.id; `),
    );
    expect({ rowsWritten, isVerified: proof.isVerified }).toEqual({ rowsWritten: 2, isVerified: true });
    const { rows } = await ends.destination.query(
      `select *, pg_typeof(feels) as type from report order by total nulls last`,
    );
    expect(rows).toEqual([
      { name: "Ada", feels: "ok", total: "6.50", last: "2026-02-01 00:00:00+00", "Order ids": "{10,11}", type: "mood" },
      { name: "ADA", feels: null, total: null, last: null, "Order ids": "{NULL}", type: "mood" },
    ]);
  });

  it("takes a mapping and a filter on top", async () => {
    await ends.copy(
      from("select id, total, customer_id as who from orders", {
        columns: [{ source: "who", name: "customer", transform: { kind: "hash" } }],
        exclude: ["total"],
        filter: { conditions: [{ column: "total", operator: "greater", values: ["2"] }] },
      }),
    );
    const { rows } = await ends.destination.query("select id, length(customer) as length from report order by id");
    expect(rows).toEqual([
      { id: "10", length: "64" },
      { id: "12", length: "64" },
    ]);
  });

  it.each([
    ["a second statement", "begin read only; select 1; commit; create temp table x (i int)"],
    ["a second statement at the end", "select 1 as a; drop table orders"],
    ["a way out of the parentheses", "select 1 as a) to stdout; drop table orders; --"],
    ["a way out of the subselect", "select 1 as a) as source; commit; drop table orders; --"],
    ["a comment that does not end", "select 1 as a /*"],
    ["a text that does not end", "select 'a as a"],
    ["a mistake", "selec 1"],
    ["no statement at all", "-- nothing"],
    ["what writes and answers", "insert into orders values (99) returning id"],
    ["what writes inside", "with gone as (delete from orders returning id) select * from gone"],
    ["what answers with no rows", "create temp table x (i int)"],
    ["a parameter", "select $1::int as a"],
  ])("refuses %s, and runs nothing of it", async (_what, sql) => {
    expect(await refused(sql)).toMatch(/^SOURCE_QUERY_INVALID: /);
    expect((await ends.source.query("select count(*) as count from orders")).rows).toEqual([{ count: "3" }]);
  });

  it("names the SQLSTATE of a stacked statement", async () => {
    expect(await refused("begin read only; select 1; commit; create temp table x (i int)")).toContain("42601");
  });

  it("cannot write by a function that it calls", async () => {
    await ends.source.query(
      "create function sneaky() returns int language sql volatile as 'insert into orders values (77) returning id'",
    );
    expect(await refused("select sneaky() as a")).toMatch(/^READ_ONLY: /);
    const escape = "select set_config('transaction_read_only', 'off', false) as a, sneaky() as b";
    await expect(ends.failure(from(escape))).resolves.toBeDefined();
    expect((await ends.source.query("select count(*) as count from orders where id = 77")).rows).toEqual([
      { count: "0" },
    ]);
  });

  it.each([
    ["select id, id from orders", "more than one of its columns is called id"],
    ["select nothing from orders", "it names a column that is not there (SQLSTATE 42703)"],
    ["select 1 as a from nowhere", "it names a table that is not there, or that the user may not see (SQLSTATE 42P01)"],
    ["select no_such(1) as a", "it calls a function or an operator that is not there (SQLSTATE 42883)"],
  ])("says what is wrong with %j", async (sql, reason) => {
    expect(await refused(sql)).toBe(`SOURCE_QUERY_INVALID: The source's SQL cannot be used: ${reason}`);
  });

  it("is ended by its time limit", async () => {
    const connection = await ends.open("source");
    try {
      const session = await connection.source?.begin(
        { schema: "public", name: "report" },
        new AbortController().signal,
        {
          mapping: { ...PLAIN_MAPPING, query: { sql: "select 1 as a from pg_sleep(60)", minutes: 0.005 } },
          maskKey: null,
        },
      );
      await expect(session?.preview(1)).rejects.toMatchObject({ code: "STATEMENT_CANCELLED" });
    } finally {
      await connection.close();
    }
  });
});
