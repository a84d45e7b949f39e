import { testServer } from "@millrace/db/testing";
import { planRun, type TablePlan } from "@millrace/engine";
import { AppError, parseTableName, type WriteMode } from "@millrace/shared";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTwoEnds, told, type TwoEnds } from "./testing/two-ends.ts";

interface PlanCase {
  readonly name: string;
  readonly source: string;
  readonly destination?: string;
  readonly writeMode?: WriteMode;
  /** `CODE: sentence`, or what is true of the plan. */
  readonly ends: string | Partial<Pick<TablePlan, "wireFormat" | "digestMethod" | "createsTable" | "warnings">>;
  readonly reads?: readonly string[];
}

const CASES: readonly PlanCase[] = [
  {
    name: "like columns pass as they are",
    source: "id int, note text",
    destination: "note text, id int",
    ends: { wireFormat: "pg-binary", digestMethod: "record" },
    reads: [`"id"`, `"note"`],
  },
  {
    name: "a wider type is cast to at the source",
    source: "id int, n smallint",
    destination: "id bigint, n numeric(10,2)",
    ends: { wireFormat: "pg-binary" },
    reads: [`"id"::pg_catalog.int8`, `"n"::pg_catalog.numeric(10,2)`],
  },
  {
    name: "a narrower text is left to the destination to refuse",
    source: "note text",
    destination: "note varchar(3)",
    ends: {},
    reads: [`"note"`],
  },
  {
    name: "anything becomes text",
    source: "id uuid, kind mood",
    destination: "id text, kind varchar(20)",
    ends: { wireFormat: "pg-binary" },
    reads: [`"id"::pg_catalog.text`, `"kind"::pg_catalog.text`],
  },
  {
    name: "a domain passes into its base type and the other way round",
    source: "a positive, b int",
    destination: "a int, b other_positive",
    ends: { wireFormat: "pg-binary" },
    reads: [`"a"`, `"b"`],
  },
  {
    name: "an array of a type of one's own travels as text",
    source: "kinds mood[]",
    ends: { wireFormat: "pg-text", createsTable: true },
  },
  {
    name: "a type that could lose a value is refused",
    source: "id bigint",
    destination: "id int",
    ends: "TYPE_MISMATCH: The destination column id of type integer cannot take the source's bigint",
  },
  {
    name: "a type that differs altogether is refused",
    source: "at text",
    destination: "at timestamptz",
    ends: "TYPE_MISMATCH: The destination column at of type timestamp with time zone cannot take the source's text",
  },
  {
    name: "an enum with other labels is refused",
    source: "kind shade",
    destination: "kind shade",
    ends: "TYPE_MISMATCH: The destination column kind of type public.shade (defined otherwise there) cannot take the source's public.shade",
  },
  {
    name: "a column that the destination lacks is refused",
    source: "id int, extra int",
    destination: "id int",
    ends: "COLUMN_MISSING: The destination table public.subject lacks the column extra",
  },
  {
    name: "names differ by case",
    source: `"Id" int`,
    destination: "id int",
    ends: "COLUMN_MISSING: The destination table public.subject lacks the column Id",
  },
  {
    name: "a column that must have a value is refused",
    source: "id int",
    destination: "id int, must int not null",
    ends: "COLUMN_REQUIRED: The destination column must must have a value and the source has no such column",
  },
  {
    name: "a column that fills itself is not asked for",
    source: "id int",
    destination:
      "id int, a int not null default 1, b serial, c int generated always as identity, d int generated always as (id) stored not null",
    ends: {},
    reads: [`"id"`],
  },
  {
    name: "a column that the destination computes is not read",
    source: "id int, twice int",
    destination: "id int, twice int generated always as (id * 2) stored",
    ends: {},
    reads: [`"id"`],
  },
  {
    name: "oid is refused with the reason",
    source: "blob oid",
    ends: "TYPE_UNSUPPORTED: Column blob is of type oid, which cannot be copied",
  },
  {
    name: "an array of oid is refused",
    source: "blobs oid[]",
    ends: "TYPE_UNSUPPORTED: Column blobs is of type oid, which cannot be copied",
  },
  {
    name: "a type of an extension that the destination lacks is refused by name",
    source: "tags citext",
    ends: "TYPE_UNAVAILABLE: The destination lacks the type public.citext of column tags",
  },
  {
    name: "a type of an extension inside a type of one's own is found",
    source: "pair tagged",
    ends: "TYPE_UNAVAILABLE: The destination lacks the type public.citext of column pair",
  },
  {
    name: "append takes a partitioned table",
    source: "id int",
    destination: "id int) partition by range (id",
    writeMode: "append",
    ends: { createsTable: false },
  },
  {
    name: "append makes a table that is not there",
    source: "id int",
    writeMode: "append",
    ends: { createsTable: true },
  },
  {
    name: "generated columns that become plain ones are spoken of",
    source: "id int, twice int generated always as (id * 2) stored",
    ends: { warnings: ["Generated columns arrive as plain columns with their values: twice"] },
  },
];

describe("plan of a run", () => {
  let ends: TwoEnds;

  beforeAll(async () => {
    ends = await openTwoEnds(await testServer());
    await ends.source.query(`
      create type mood as enum ('sad', 'happy'); create type shade as enum ('dark', 'light'); create domain positive as int check (value > 0)`);
    await ends.destination.query(
      "create type shade as enum ('dark'); create domain other_positive as int check (value > 0)",
    );
  });
  afterAll(() => ends.close());

  /** Embedded PostgreSQL comes without extensions, so one is made up: what matters is who owns the type. */
  const pretendExtension = () =>
    ends.source.query(`
      create domain citext as text; create type tagged as (tag citext);
      insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
        values (99999, 'citext', 10, 'public'::regnamespace, false, '1.6');
      insert into pg_depend values ('pg_type'::regclass, 'citext'::regtype, 0, 'pg_extension'::regclass, 99999, 0, 'e')`);

  it.each(CASES)("$name", async ({ source, destination, writeMode = "replace", ends: expected, reads }) => {
    await ends.source.query("drop table if exists subject");
    await ends.destination.query("drop table if exists subject");
    if (/citext|tagged/.test(source)) {
      const { rows } = await ends.source.query("select to_regtype('citext') is null as is_missing");
      if (rows[0].is_missing === "t") await pretendExtension();
    }
    await ends.source.query(`create table subject (${source})`);
    if (destination !== undefined) await ends.destination.query(`create table subject (${destination})`);

    const outcome = await plan(writeMode).catch((error: unknown) => error);
    if (typeof expected === "string") {
      expect(outcome).toBeInstanceOf(AppError);
      expect(told(outcome as AppError)).toBe(expected);
      return;
    }
    expect(outcome).toMatchObject(expected);
    if (reads) expect((outcome as TablePlan).columns.map(({ expression }) => expression)).toEqual(reads);
  });

  async function plan(writeMode: WriteMode): Promise<TablePlan> {
    const source = await ends.open("source");
    const destination = await ends.open("destination");
    const table = parseTableName("public.subject");
    try {
      return await planRun({
        source,
        destination,
        sourceTable: table,
        destinationTable: table,
        writeMode,
        identity: null,
        signal: new AbortController().signal,
        onProgress: () => {},
        onLog: () => {},
      });
    } finally {
      await source.close();
      await destination.close();
    }
  }

  it("planning changes nothing at either end", async () => {
    await ends.source.query("drop table if exists subject; create table subject (id int, kind mood)");
    await ends.destination.query("drop table if exists subject");
    expect((await plan("replace")).statements).toEqual([
      `create type public.mood as enum ('sad', 'happy')`,
      `create table "public"."subject" ("id" integer, "kind" public.mood)`,
    ]);
    const { rows } = await ends.destination.query(
      "select to_regclass('subject') as subject, to_regtype('mood') as mood",
    );
    expect(rows).toEqual([{ subject: null, mood: null }]);
  });

  it("a domain is not made where its base type takes the values", async () => {
    await ends.source.query("drop table if exists subject; create table subject (a positive)");
    await ends.destination.query("drop table if exists subject; create table subject (a int)");
    expect((await plan("append")).statements).toEqual([]);
  });
});
