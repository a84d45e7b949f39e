import { testServer } from "@millrace/db/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COPYING, untilRow } from "./testing/slow-table.ts";
import { openTwoEnds, type TwoEnds } from "./testing/two-ends.ts";

/** faults.md 70: what a source may be besides an ordinary table, and tables of odd shapes. */
describe("shapes of sources", () => {
  let ends: TwoEnds;

  beforeAll(async () => {
    ends = await openTwoEnds(await testServer());
  });
  afterAll(() => ends.close());

  const arrives = async (table: string, rowCount: number) => {
    const outcome = await ends.copy({ table });
    expect(outcome.proof.isVerified).toBe(true);
    expect(outcome.rowsRead).toBe(rowCount);
    expect(outcome.rowsWritten).toBe(rowCount);
    expect(await ends.difference(table)).toEqual([]);
  };

  it("an empty table arrives empty", async () => {
    await ends.source.query("create table nothing (id int primary key)");
    await arrives("public.nothing", 0);
  });

  it("a table without columns keeps its number of rows", async () => {
    await ends.source.query("create table bare (); insert into bare default values; insert into bare default values");
    await arrives("public.bare", 2);
    await arrives("public.bare", 2);
  });

  it("1,600 columns arrive", async () => {
    const columns = Array.from({ length: 1600 }, (_, index) => `c${index} bool`).join(", ");
    await ends.source.query(`create table wide (${columns}); insert into wide (c0, c1599) values (true, false)`);
    await arrives("public.wide", 1);
    await arrives("public.wide", 1);
  });

  it("columns dropped in between leave no trace", async () => {
    await ends.source.query(`
      create table dropped (a int, gone text, b text, gone_too int, c int);
      alter table dropped drop gone, drop gone_too; insert into dropped values (1, 'b', 3)`);
    await ends.destination.query(`
      create table dropped (gone int, c int, b text, gone_too text, a int); alter table dropped drop gone, drop gone_too`);
    await arrives("public.dropped", 1);
  });

  it("a partitioned table arrives as one table, and each partition by itself", async () => {
    await ends.source.query(`
      create table parted (id int, at date, note text default 'x', primary key (id, at)) partition by range (at);
      create table parted_1 partition of parted for values from ('2024-01-01') to ('2025-01-01');
      create table parted_2 (note text, at date not null, id int not null);
      alter table parted attach partition parted_2 for values from ('2025-01-01') to ('2026-01-01');
      create index parted_note on parted (note);
      insert into parted select i, date '2024-06-01' + i * 10 from generate_series(1, 50) i`);
    await arrives("public.parted", 50);
    await arrives("public.parted_2", 29);
    const { rows } = await ends.destination.query(
      "select indexdef from pg_indexes where tablename = 'parted' order by indexname",
    );
    expect(rows.map(({ indexdef }) => indexdef)).toEqual([
      "CREATE INDEX parted_note_idx ON public.parted USING btree (note)",
      "CREATE UNIQUE INDEX parted_pkey ON public.parted USING btree (id, at)",
    ]);
  });

  it("a view, a materialized view and a table of another schema arrive", async () => {
    await ends.source.query(`
      create schema shop; create table shop.item (id int primary key, price numeric);
      insert into shop.item select i, i * 1.5 from generate_series(1, 10) i;
      create view shop.dear as select id, price, price > 10 as is_dear from shop.item where price > 5;
      create materialized view shop.stored as select * from shop.dear; create index on shop.stored (price)`);
    await arrives("shop.item", 10);
    await arrives("shop.dear", 7);
    await arrives("shop.stored", 7);
  });

  it("generated and identity columns arrive as plain columns with their values", async () => {
    await ends.source.query(`
      create table made (id int generated always as identity primary key, net numeric not null,
        gross numeric generated always as (net * 1.21) stored, serial_id serial, note text default 'none');
      insert into made (net) values (1), (2.5)`);
    await arrives("public.made", 2);
    await arrives("public.made", 2);
  });

  it("a column computed at reading arrives with its values", async () => {
    await ends.source.query(`
      create table computed (id int, twice int generated always as (id * 2) virtual); insert into computed (id) values (21)`);
    await arrives("public.computed", 1);
  });

  it("what a destination computes by itself is left to it", async () => {
    await ends.source.query(`
      create table rated (id int primary key, net numeric, gross numeric); insert into rated values (1, 10, 12.1)`);
    await ends.destination.query(`
      create table rated (id int generated always as identity primary key, net numeric,
        gross numeric generated always as (net * 1.21) stored, at timestamptz not null default now())`);
    const outcome = await ends.copy({ table: "public.rated" });
    expect(outcome.proof.isVerified).toBe(true);
    const { rows } = await ends.destination.query("select id, net, gross, at is not null as has_time from rated");
    expect(rows).toEqual([{ id: "1", net: "10", gross: "12.10", has_time: "t" }]);
  });

  it("what is in a source that others write to is one snapshot", async () => {
    await ends.source.query(`
      create table moving (id int); insert into moving select generate_series(1, 1000);
      create view moving_slowly as select id, case when id % 100 = 0 then pg_sleep(0.1)::text end as pause from moving`);
    const copied = ends.copy({ table: "public.moving_slowly" });
    await untilRow(ends.source, COPYING);
    await ends.source.query("insert into moving values (-1)");
    expect(await copied).toMatchObject({ rowsWritten: 1000, proof: { isVerified: true } });
  });

  it("what is planned with cannot be altered before it is read", async () => {
    await ends.source.query("create table held (id int); insert into held values (1)");
    await ends.destination.query("create table held (id int)");
    await ends.destination.query("begin; lock table held in access exclusive mode");
    const copied = ends.copy({ table: "public.held" });
    await untilRow(
      ends.destination,
      "select 1 as waiting from pg_locks where not granted and relation = 'held'::regclass",
    );
    const altered = ends.source.query("set lock_timeout = 100; alter table held add column extra int");
    await expect(altered).rejects.toMatchObject({ code: "55P03" });
    await ends.destination.query("rollback");
    expect((await copied).proof.isVerified).toBe(true);
  });

  it("text of a LATIN1 database arrives in UTF8", async () => {
    const { rows } = await ends.source.query("select current_database() as name");
    const name = `${rows[0].name}_latin1`;
    await ends.source.query(`create database ${name} encoding latin1 locale 'C' template template0`);
    const latin = await openLatin(name);
    const outcome = await ends.copy({ table: "public.letters", sourceUrl: latin });
    expect(outcome.proof.isVerified).toBe(true);
    expect((await ends.destination.query("select letter from letters")).rows).toEqual(
      [{ letter: "žluť" }, { letter: "é" }].slice(1),
    );
  });

  async function openLatin(name: string): Promise<string> {
    const url = new URL(ends.sourceUrl);
    url.pathname = `/${name}`;
    const pg = await import("pg");
    const client = new pg.default.Client({ connectionString: url.href });
    await client.connect();
    await client.query("create table letters (letter text); insert into letters values (U&'\\00e9')");
    await client.end();
    return url.href;
  }
});
