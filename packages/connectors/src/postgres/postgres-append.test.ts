import { testServer } from "@millrace/db/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTwoEnds, type TwoEnds } from "./testing/two-ends.ts";

describe("append", () => {
  let ends: TwoEnds;

  beforeAll(async () => {
    ends = await openTwoEnds(await testServer());
    await ends.source.query(`
      create table log (id int, note text); insert into log select i, 'note ' || i from generate_series(1, 1000) i`);
  });
  afterAll(() => ends.close());

  const count = async (table: string) =>
    Number((await ends.destination.query(`select count(*) from ${table}`)).rows[0].count);

  it("adds the rows to those that are there and verifies exactly these", async () => {
    await ends.destination.query("create table log (id int, note text); insert into log values (0, 'mine')");
    for (const expected of [1001, 2001]) {
      const outcome = await ends.copy({ table: "public.log", writeMode: "append" });
      expect(outcome.proof).toMatchObject({
        isVerified: true,
        sourceDigest: { rowCount: 1000 },
        destinationDigest: { rowCount: 1000 },
      });
      expect(await count("log")).toBe(expected);
    }
  });

  it("makes a table that is not there", async () => {
    const outcome = await ends.copy({ table: "public.log", toTable: "fresh.log", writeMode: "append" });
    expect(outcome.proof.isVerified).toBe(true);
    expect(await count("fresh.log")).toBe(1000);
  });

  it("goes into a partitioned table, into the partition of each row", async () => {
    await ends.destination.query(`
      create table parted (id int, note text) partition by range (id);
      create table parted_low partition of parted for values from (0) to (500);
      create table parted_high partition of parted for values from (500) to (5000)`);
    const outcome = await ends.copy({ table: "public.log", toTable: "public.parted", writeMode: "append" });
    expect(outcome.proof.isVerified).toBe(true);
    expect(await count("parted_low")).toBe(499);
  });

  it("leaves identity, defaults and triggers of the destination at work", async () => {
    await ends.destination.query(`
      create table audited (id int generated always as identity, note text, at timestamptz not null default now(), tag text);
      create table audit (note text);
      create function note_it() returns trigger language plpgsql as $$ begin insert into audit values (new.note); return new; end $$;
      create trigger note_it before insert on audited for each row execute function note_it()`);
    await ends.source.query("create view notes as select note from log limit 10");
    const outcome = await ends.copy({ table: "public.notes", toTable: "public.audited", writeMode: "append" });
    expect(outcome.proof.isVerified).toBe(true);
    expect(await count("audit")).toBe(10);
    expect(
      (await ends.destination.query("select min(id) as first, max(id) as last from audited where at is not null")).rows,
    ).toEqual([{ first: "1", last: "10" }]);
  });

  it("verifies while others write to the table", async () => {
    await ends.destination.query("create table busy (id int, note text)");
    const copied = ends.copy({ table: "public.log", toTable: "public.busy", writeMode: "append" });
    for (let step = 0; step < 30; step++) await ends.destination.query("insert into busy values (-1, 'theirs')");
    expect((await copied).proof.isVerified).toBe(true);
    expect(await count("busy")).toBe(1030);
  });

  it("verifies exactly these where they fill gaps between others", async () => {
    await ends.destination.query(`
      create table gaps (id int, note text); insert into gaps select i, repeat('x', 50) from generate_series(1, 20000) i;
      delete from gaps where id % 2 = 0`);
    await ends.destination.query("vacuum gaps");
    const { rows: before } = await ends.destination.query("select pg_relation_size('gaps') as bytes");
    const outcome = await ends.copy({ table: "public.log", toTable: "public.gaps", writeMode: "append" });
    expect(outcome.proof).toMatchObject({ isVerified: true, destinationDigest: { rowCount: 1000 } });
    expect((await ends.destination.query("select pg_relation_size('gaps') as bytes")).rows).toEqual(before);
  });

  it("columns may come in another order and be fewer", async () => {
    await ends.destination.query("create table other (more int default 7, note varchar(20), id bigint)");
    const outcome = await ends.copy({ table: "public.log", toTable: "public.other", writeMode: "append" });
    expect(outcome.proof.isVerified).toBe(true);
    expect((await ends.destination.query("select * from other order by id limit 1")).rows).toEqual([
      { more: "7", note: "note 1", id: "1" },
    ]);
  });
});
