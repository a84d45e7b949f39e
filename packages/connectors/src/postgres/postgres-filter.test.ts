import { testServer } from "@millrace/db/testing";
import { Mapping, type RowFilter } from "@millrace/shared";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { z } from "zod";
import { openTwoEnds, told, type TwoEnds } from "./testing/two-ends.ts";

type Condition = z.input<typeof RowFilter>["conditions"][number];

/** For each type three values in rising order. */
const TYPES: readonly (readonly [string, readonly [string, string, string]])[] = [
  ["boolean", ["false", "true", "true"]],
  ["smallint", ["-2", "0", "7"]],
  ["integer", ["-2", "0", "2147483647"]],
  ["bigint", ["-9223372036854775808", "0", "9223372036854775807"]],
  ["numeric", ["-0.1", "0.10", "12345678901234567890.123"]],
  ["numeric(5,2)", ["-0.10", "0.10", "999.99"]],
  ["real", ["-1.5", "0", "3.5"]],
  ["double precision", ["-1.5", "0.1", "Infinity"]],
  ["text", ["", "a'b\\c", "ü"]],
  ["varchar(5)", ["a", "abc", "abcde"]],
  ["char(4)", ["a", "ab", "abcd"]],
  ["bit(3)", ["001", "010", "111"]],
  ["bit varying", ["0", "01", "11"]],
  ["date", ["0044-03-15 BC", "2026-01-31", "infinity"]],
  ["time", ["00:00:00", "12:30:00.000001", "24:00:00"]],
  ["timetz", ["00:00:00+00", "12:30:00+02", "23:00:00+00"]],
  ["timestamp", ["2026-01-31 10:00:00", "2026-01-31 10:00:00.000001", "2026-02-01 00:00:00"]],
  ["timestamptz", ["2026-01-31 10:00:00+02", "2026-01-31 09:00:00+00", "2026-01-31 10:00:00+00"]],
  ["interval", ["1 second", "1 day", "1 mon 2 days"]],
  [
    "uuid",
    [
      "00000000-0000-0000-0000-000000000001",
      "7d444840-9dc0-11d1-b245-5ffdce74fad2",
      "ffffffff-ffff-ffff-ffff-ffffffffffff",
    ],
  ],
  ["bytea", ["\\x00", "\\x5c27", "\\xff"]],
  ["jsonb", ["1", "2", "3"]],
  ["inet", ["10.0.0.1", "10.0.0.2", "::1"]],
  ["mood", ["sad", "it's", "ok"]],
  ["int[]", ["{1}", "{1,2}", "{2}"]],
  ["int4range", ["[1,2)", "[1,5)", "[3,4)"]],
  ["positive", ["1", "2", "3"]],
];

describe("a row filter", () => {
  let ends: TwoEnds;

  beforeAll(async () => {
    ends = await openTwoEnds(await testServer());
    await ends.source.query(
      "create type mood as enum ('sad', 'it''s', 'ok'); create domain positive as int check (value > 0)",
    );
  });
  afterAll(() => ends.close());

  /** The ids that are read. */
  async function filtered(conditions: readonly Condition[], match: "all" | "any" = "all"): Promise<string> {
    const connection = await ends.open("source");
    try {
      const mapping = Mapping.parse({ filter: { match, conditions } });
      const table = { schema: "public", name: "subject" };
      const session = await connection.source?.begin(table, new AbortController().signal, { mapping, maskKey: null });
      expect(session?.refusals).toEqual([]);
      const { rows } = (await session?.preview(10)) ?? { rows: [] };
      return rows
        .map(([id]) => Number(id))
        .sort((a, b) => a - b)
        .join(" ");
    } finally {
      await connection.close();
    }
  }

  it.each(TYPES)(
    "compares values of the type %s, nulls included",
    async (type, [low, middle, high]) => {
      await ends.source.query("drop table if exists subject");
      await ends.source.query(`create table subject (id int, v ${type})`);
      await ends.source.query("insert into subject values (1, $1), (2, $2), (3, $3), (4, null)", [low, middle, high]);
      const v = (
        operator: Exclude<Condition, { conditions: unknown }>["operator"],
        ...values: string[]
      ): Condition => ({ column: "v", operator, values });
      const isTwice = middle === high;
      expect(await filtered([v("equals", low)])).toBe("1");
      expect(await filtered([v("not_equals", low)])).toBe("2 3 4");
      expect(await filtered([v("less", middle)])).toBe("1");
      expect(await filtered([v("less_or_equal", middle)])).toBe(isTwice ? "1 2 3" : "1 2");
      expect(await filtered([v("greater", low)])).toBe("2 3");
      expect(await filtered([v("greater_or_equal", middle)])).toBe("2 3");
      expect(await filtered([v("in", low, middle)])).toBe(isTwice ? "1 2 3" : "1 2");
      expect(await filtered([v("not_in", low, middle)])).toBe(isTwice ? "4" : "3 4");
      expect(await filtered([v("is_null")])).toBe("4");
      expect(await filtered([v("is_not_null")])).toBe("1 2 3");
      expect(await filtered([v("is_null"), v("equals", low)], "any")).toBe("1 4");
      expect(
        await filtered([
          v("is_not_null"),
          {
            match: "any",
            conditions: [
              { column: "id", operator: "equals", values: ["1"] },
              { column: "id", operator: "equals", values: ["4"] },
            ],
          },
        ]),
      ).toBe("1");
    },
    30_000,
  );

  it("looks into texts", async () => {
    await ends.source.query("drop table if exists subject");
    await ends.source.query(`create table subject (id int, v text);
      insert into subject values (1, '100% sure_'), (2, '\\100'), (3, '🙂 day'), (4, null)`);
    const v = (operator: "contains" | "starts_with" | "ends_with", value: string): Condition => ({
      column: "v",
      operator,
      values: [value],
    });
    expect(await filtered([v("contains", "%")])).toBe("1");
    expect(await filtered([v("contains", "_")])).toBe("1");
    expect(await filtered([v("starts_with", "\\")])).toBe("2");
    expect(await filtered([v("starts_with", "🙂")])).toBe("3");
    expect(await filtered([v("ends_with", "🙂 day")])).toBe("3");
    expect(await filtered([v("contains", "")])).toBe("1 2 3");
  });

  it("refuses a comparison that the type does not have, and a value that it does not", async () => {
    await ends.source.query("drop table if exists subject; create table subject (id int, v json)");
    const error = await ends.failure({
      table: "public.subject",
      mapping: { filter: { conditions: [{ column: "v", operator: "equals", values: ["1"] }] } },
    });
    expect(told(error)).toBe(
      "MAPPING_FILTER_INVALID: The condition on column v cannot be used: the column's type has no such comparison",
    );
  });

  it("narrows a table that is copied in chunks", async () => {
    await ends.source.query("drop table if exists subject");
    await ends.source.query(
      "create table subject as select i as id, i % 10 as v, repeat(md5(i::text), 3) as pad from generate_series(1, 20000) i",
    );
    const { rowsWritten, proof } = await ends.copy({
      table: "public.subject",
      toTable: "public.narrow",
      mapping: {
        columns: [{ source: "pad", name: "pad", transform: { kind: "hmac" } }],
        filter: { conditions: [{ column: "v", operator: "less", values: ["3"] }] },
      },
      maskKey: "a key of more than sixteen characters",
      chunkBytes: 64 * 1024,
      parallelism: 3,
    });
    expect({ rowsWritten, isVerified: proof.isVerified }).toEqual({ rowsWritten: 6000, isVerified: true });
  });

  it("narrows a view and a partitioned table", async () => {
    await ends.source.query(`
      drop table if exists subject; drop table if exists parted cascade;
      create table parted (id int, v text) partition by range (id);
      create table parted_1 partition of parted for values from (0) to (10);
      insert into parted values (1, 'a'), (2, 'b');
      create view seen as select id, v, v || '!' as loud from parted`);
    for (const table of ["public.parted", "public.seen"]) {
      const filter = { conditions: [{ column: "v", operator: "equals" as const, values: ["b"] }] };
      expect((await ends.copy({ table, mapping: { filter } })).rowsWritten).toBe(1);
    }
  });
});
