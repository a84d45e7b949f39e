import { debianServer } from "@millrace/db/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTwoEnds, told, type TwoEnds } from "./testing/two-ends.ts";

const debian = await debianServer();

/** Embedded PostgreSQL comes without extensions, Debian's with those of the PostgreSQL project. */
describe.skipIf(!debian)("types of extensions", () => {
  let ends: TwoEnds;

  beforeAll(async () => {
    if (!debian) return;
    ends = await openTwoEnds(debian);
    await ends.source.query(`
      create extension hstore; create extension citext;
      create schema extensions; create extension ltree schema extensions; create extension cube;
      create type tagged as (name citext, tags hstore);
      create domain short_tags as hstore check (value ? 'a'); create table shorts (short short_tags);
      create table items (id int primary key, tags hstore, names citext[], pair tagged, place extensions.ltree);
      insert into items values
        (1, 'a=>"1,\\"x", b=>NULL', '{A,b,NULL}', row('N', 'k=>v'), 'Top.Science'), (2, '', '{}', null, null);
      create index on items using gin (tags); create index on items using gist (place)`);
  });
  afterAll(() => ends?.close());

  it("that the destination lacks are refused by name, before anything is made", async () => {
    const error = await ends.failure({ table: "public.items" });
    expect(told(error)).toBe("TYPE_UNAVAILABLE: The destination lacks the type public.hstore of column tags");
    expect(error.hint).toContain("CREATE EXTENSION hstore");
    expect((await ends.destination.query("select to_regtype('tagged') as type")).rows).toEqual([{ type: null }]);
  });

  it("pass where the destination has them, in whatever schema, with their indexes", async () => {
    await ends.destination.query(`
      create schema elsewhere; create extension hstore schema elsewhere; create extension citext schema elsewhere;
      create extension ltree`);
    for (const _round of [1, 2]) {
      const lines: string[] = [];
      const outcome = await ends.copy({
        table: "public.items",
        onLog: (level, message) => level === "warn" && lines.push(message),
      });
      expect(lines).toEqual([]);
      expect(outcome.proof.isVerified).toBe(true);
      expect(await ends.difference("public.items")).toEqual([]);
    }
    const { rows } = await ends.destination.query("select indexdef from pg_indexes where tablename = 'items'");
    expect(rows).toHaveLength(3);
  });

  it("a domain whose rule needs a function that the destination lacks is refused by name", async () => {
    await ends.source.query(`
      create function is_even(int) returns bool language sql immutable as 'select $1 % 2 = 0';
      create domain even as int check (is_even(value)); create table evens (n even); insert into evens values (2)`);
    const error = await ends.failure({ table: "public.evens" });
    expect(told(error)).toBe("TYPE_UNSUPPORTED: Column n is of type public.even, which cannot be copied");
    expect(error.hint).toContain("function public.is_even(integer)");
    expect((await ends.failure({ table: "public.shorts" })).hint).toContain(
      "operator public.?(public.hstore,pg_catalog.text)",
    );
    await ends.destination.query("create domain even as int check (value % 2 = 0)");
    expect((await ends.copy({ table: "public.evens" })).proof.isVerified).toBe(true);
  });
});
