import { createHash, createHmac } from "node:crypto";
import { debianServer, testServer } from "@millrace/db/testing";
import type { Mapping } from "@millrace/shared";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { z } from "zod";
import { openTwoEnds, told, type TwoEnds } from "./testing/two-ends.ts";

const KEY = "a key of more than sixteen characters";
const sha256 = (value: string | Buffer) => createHash("sha256").update(value).digest("hex");

const fifteen = await debianServer();

describe.each([
  { servers: "PostgreSQL 18", isOld: false },
  ...(fifteen ? [{ servers: "PostgreSQL 15 to 18", isOld: true }] : []),
])("a mapping from $servers", ({ isOld }) => {
  let ends: TwoEnds;

  beforeAll(async () => {
    const newer = await testServer();
    ends = await openTwoEnds(isOld && fifteen ? fifteen : newer, newer);
  });
  beforeEach(async () => {
    await ends.source.query(`
      drop table if exists people cascade;
      create table people (
        id int primary key, email text not null, amount numeric(12,2), "Odd ""Name" text, raw bytea, born date);
      create unique index on people (email);
      create index on people (amount);
      insert into people values
        (1, 'ada@example.com', 12.50, 'x', '\\x00ff', '1815-12-10'),
        (2, 'änne@example.com', null, null, null, null),
        (3, 'li', -1, '', '\\x', '2000-01-01')`);
    await ends.destination.query("drop table if exists people cascade");
  });
  afterAll(() => ends.close());

  const arrived = async (list = "*", order = "1") =>
    (await ends.destination.query({ text: `select ${list} from people order by ${order}`, rowMode: "array" })).rows;
  const copy = (mapping: z.input<typeof Mapping>) => ends.copy({ table: "public.people", mapping, maskKey: KEY });
  const refused = (mapping: z.input<typeof Mapping>) => ends.failure({ table: "public.people", mapping });
  const one = (transform: z.input<typeof Mapping>["columns"] extends (infer C)[] | undefined ? C : never) =>
    copy({ columns: [{ source: "id", name: "id" }, transform], rest: "drop" });

  it("chooses and renames columns, and keeps types, the primary key and the indexes that it can", async () => {
    const { proof } = await copy({
      columns: [{ source: 'Odd "Name', name: "odd" }],
      exclude: ["raw", "email"],
    });
    expect(proof).toMatchObject({ isVerified: true, wireFormat: "pg-binary" });
    expect(await arrived("id, amount, odd, born")).toEqual([
      ["1", "12.50", "x", "1815-12-10"],
      ["2", null, null, null],
      ["3", "-1.00", "", "2000-01-01"],
    ]);
    const { rows } = await ends.destination.query(`
      select (select string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' order by attnum)
                from pg_attribute where attrelid = 'people'::regclass and attnum > 0) as columns,
             (select string_agg(pg_get_indexdef(indexrelid), '; ' order by indexrelid) from pg_index
               where indrelid = 'people'::regclass) as indexes`);
    expect(rows[0]).toEqual({
      columns: "id integer, amount numeric(12,2), odd text, born date",
      indexes:
        "CREATE UNIQUE INDEX people_pkey ON public.people USING btree (id); " +
        "CREATE INDEX people_amount_idx ON public.people USING btree (amount)",
    });
  });

  it("keeps a renamed primary key, and has none where a part of it stays at home", async () => {
    const keys = `select pg_get_constraintdef(oid) as key from pg_constraint
      where conrelid = 'people'::regclass and contype = 'p'`;
    await copy({ columns: [{ source: "id", name: "key" }] });
    expect((await ends.destination.query(keys)).rows).toEqual([{ key: "PRIMARY KEY (key)" }]);
    await ends.destination.query("drop table people");
    await copy({ exclude: ["id"] });
    expect((await ends.destination.query(keys)).rows).toEqual([]);
  });

  it("swaps two names without mixing up their values or their indexes", async () => {
    await ends.source.query(
      "create table swapped (a int, b int); create index on swapped (a); insert into swapped values (1, 2)",
    );
    await ends.copy({
      table: "public.swapped",
      mapping: {
        columns: [
          { source: "a", name: "b" },
          { source: "b", name: "a" },
        ],
      },
    });
    const { rows } = await ends.destination.query(
      "select a, b, (select count(*) from pg_index where indrelid = 'swapped'::regclass) as indexes from swapped",
    );
    expect(rows).toEqual([{ a: "2", b: "1", indexes: "0" }]);
    await ends.source.query("drop table swapped");
    await ends.destination.query("drop table swapped");
  });

  it("casts in the source's query, into the type that was asked for", async () => {
    const { proof } = await one({
      source: "amount",
      name: "amount",
      transform: { kind: "cast", type: "numeric(10,1)" },
    });
    expect(proof).toMatchObject({ isVerified: true, wireFormat: "pg-binary" });
    expect(await arrived("amount, pg_typeof(amount)", "id")).toEqual([
      ["12.5", "numeric"],
      [null, "numeric"],
      ["-1.0", "numeric"],
    ]);
  });

  it("leaves a text that is too long for its new type to the destination to refuse", async () => {
    const error = await ends.failure({
      table: "public.people",
      mapping: {
        columns: [{ source: "email", name: "email", transform: { kind: "cast", type: "character varying(3)" } }],
      },
    });
    expect(told(error)).toBe(
      "VALUE_OUT_OF_RANGE: A value does not fit the destination column email (the row with id = 1)",
    );
  });

  it("says which cast it was when a value cannot be cast, and leaves the destination as it was", async () => {
    await copy({});
    await ends.source.query("update people set amount = 7 where id = 1");
    const error = await refused({
      columns: [{ source: "email", name: "email", transform: { kind: "cast", type: "integer" } }],
    });
    expect(error).toMatchObject({ code: "MAPPING_CAST_FAILED", params: { column: "email", side: "source" } });
    expect(JSON.stringify(error.toSummary())).not.toContain("ada");
    expect(await arrived("amount", "id")).toEqual([["12.50"], [null], ["-1.00"]]);
  });

  it("gives every row a constant, typed and null ones included", async () => {
    await copy({
      columns: [
        { source: "id", name: "id" },
        { source: null, name: "note", transform: { kind: "constant", value: `it's \\ "so"` } },
        { source: null, name: "at", transform: { kind: "constant", value: "2026-01-31", type: "date" } },
        { source: null, name: "none", transform: { kind: "constant", value: null, type: "bigint" } },
      ],
      rest: "drop",
    });
    expect(await arrived("note, at, none, pg_typeof(none)", "id")).toEqual(
      Array.from({ length: 3 }, () => [`it's \\ "so"`, "2026-01-31", null, "bigint"]),
    );
  });

  it("hashes texts as UTF-8 and binary values as their bytes", async () => {
    const { proof } = await copy({
      columns: [
        { source: "id", name: "id" },
        { source: "email", name: "email", transform: { kind: "hash" } },
        { source: "raw", name: "raw", transform: { kind: "hash" } },
        { source: "amount", name: "amount", transform: { kind: "hash" } },
      ],
      rest: "drop",
    });
    expect(proof.isVerified).toBe(true);
    expect(await arrived("email, raw, amount", "id")).toEqual([
      [sha256("ada@example.com"), sha256(Buffer.from([0, 255])), sha256("12.50")],
      [sha256("änne@example.com"), null, null],
      [sha256("li"), sha256(""), sha256("-1.00")],
    ]);
  });

  it("masks in part, and a text that would be seen whole altogether", async () => {
    await one({ source: "email", name: "email", transform: { kind: "partial", first: 1, last: 4 } });
    expect(await arrived("email", "id")).toEqual([["a**********.com"], ["ä***********.com"], ["**"]]);
  });

  it("redacts what is there and leaves what is not", async () => {
    await one({ source: 'Odd "Name', name: "odd", transform: { kind: "redact", text: "it's gone" } });
    expect(await arrived("odd", "id")).toEqual([["it's gone"], [null], ["it's gone"]]);
  });

  it.each([KEY, "k".repeat(200), "schlüssel mit umlaut ä"])(
    "masks by HMAC under the key %s, as any library would",
    async (maskKey) => {
      const { proof } = await ends.copy({
        table: "public.people",
        mapping: {
          columns: [
            { source: "email", name: "email", transform: { kind: "hmac" } },
            { source: "raw", name: "raw", transform: { kind: "hmac" } },
          ],
        },
        maskKey,
      });
      expect(proof.isVerified).toBe(true);
      const hmac = (value: string | Buffer) => createHmac("sha256", maskKey).update(value).digest("hex");
      expect(await arrived("email, raw", "id")).toEqual([
        [hmac("ada@example.com"), hmac(Buffer.from([0, 255]))],
        [hmac("änne@example.com"), null],
        [hmac("li"), hmac("")],
      ]);
    },
  );

  it("lets one column arrive twice", async () => {
    await copy({
      columns: [
        { source: "email", name: "email", transform: { kind: "partial" } },
        { source: "email", name: "email_hash", transform: { kind: "hash" } },
      ],
    });
    expect(await arrived("email, email_hash", "id limit 1")).toEqual([["a*************m", sha256("ada@example.com")]]);
  });

  it("maps onto a table that is there, and casts on top of it what that needs", async () => {
    await ends.destination.query("create table people (key bigint primary key, mail varchar(100))");
    const { proof } = await copy({
      columns: [
        { source: "id", name: "key" },
        { source: "email", name: "mail", transform: { kind: "partial" } },
      ],
      rest: "drop",
    });
    expect(proof.isVerified).toBe(true);
    expect(await arrived("key, mail")).toEqual([
      ["1", "a*************m"],
      ["2", "ä**************m"],
      ["3", "**"],
    ]);
  });

  it.each([
    [{ columns: [{ source: "nmae", name: "n" }] }, "MAPPING_COLUMN_MISSING: The source has no column nmae"],
    [{ exclude: ["emial"] }, "MAPPING_COLUMN_MISSING: The source has no column emial"],
    [
      { columns: [{ source: "email", name: "id" }] },
      "MAPPING_NAME_TAKEN: More than one column would arrive under the name id",
    ],
    [
      { columns: [{ source: "email", name: "é".repeat(32) }] },
      `MAPPING_NAME_TOO_LONG: The name ${"é".repeat(32)} is longer than the 63 bytes that a column's name can have`,
    ],
    [
      { columns: [{ source: "born", name: "born", transform: { kind: "cast", type: "bigint" } }] },
      "MAPPING_CAST_IMPOSSIBLE: The column born of type date cannot be cast to bigint",
    ],
    [
      { columns: [{ source: null, name: "n", transform: { kind: "constant", value: "x", type: "integer" } }] },
      "MAPPING_CONSTANT_INVALID: The constant of column n is not a value of type integer",
    ],
    [
      { columns: [{ source: "email", name: "email", transform: { kind: "hmac" } }] },
      "MAPPING_KEY_MISSING: The column email is masked by HMAC, and there is no mask key",
    ],
    [{ rest: "drop" }, "MAPPING_EMPTY: The mapping leaves no column to copy"],
    [
      { filter: { conditions: [{ column: "id", operator: "equals", values: ["one"] }] } },
      "MAPPING_FILTER_INVALID: The condition on column id cannot be used: a value is not of the column's type",
    ],
    [
      { filter: { conditions: [{ column: "amuont", operator: "is_null" }] } },
      "MAPPING_COLUMN_MISSING: The source has no column amuont",
    ],
  ] satisfies [z.input<typeof Mapping>, string][])("refuses %j", async (mapping, sentence) => {
    expect(told(await refused(mapping))).toBe(sentence);
  });
});
