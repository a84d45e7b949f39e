import { testServer } from "@millrace/db/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { quoteIdentifier, quoteLiteral } from "./postgres-identifiers.ts";
import { openTwoEnds, type TwoEnds } from "./testing/two-ends.ts";

const SEED = 20_261_124;
const PIECES = [
  "'",
  '"',
  "\\",
  "\\'",
  "''",
  ";",
  "--",
  "/*",
  "*/",
  "$$",
  "$1",
  "%",
  "\n",
  "\r",
  "\t",
  "E'",
  "U&",
  "::",
  "é",
  "語",
  "🙂",
  "\u2028",
  "\u0001",
  " ",
  "a",
  "Z",
  "0",
  "); drop table canary; --",
  "pg_sleep(9)",
];

/** mulberry32: the same texts for the same seed. */
function texts(count: number, maxBytes: number): string[] {
  let state = SEED;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return Array.from({ length: count }, () => {
    let text = "";
    for (let pieces = 1 + Math.floor(random() * 6); pieces > 0; pieces--) {
      const next = text + (PIECES[Math.floor(random() * PIECES.length)] ?? "");
      if (Buffer.byteLength(next) <= maxBytes) text = next;
    }
    return text || "a";
  });
}

describe("names and values of a hostile mind", () => {
  let ends: TwoEnds;

  beforeAll(async () => {
    ends = await openTwoEnds(await testServer());
    await ends.source.query("create table canary (id int); insert into canary values (1)");
  });
  afterAll(() => ends.close());

  const canary = async () => (await ends.source.query("select count(*) as count from canary")).rows[0].count;

  it.each(["on", "off"])(
    `come back equal from 4,000 literals with standard_conforming_strings %s (seed ${SEED})`,
    async (setting) => {
      const all = texts(4000, 200);
      await ends.source.query(
        `set standard_conforming_strings = ${setting}; set backslash_quote = on; set escape_string_warning = off`,
      );
      try {
        for (let start = 0; start < all.length; start += 500) {
          const part = all.slice(start, start + 500);
          const { rows } = await ends.source.query({
            text: `select ${part.map((text) => quoteLiteral(text, { schema: "pg_catalog", name: "text" })).join(", ")}`,
            rowMode: "array",
          });
          expect(rows[0]).toEqual(part);
        }
      } finally {
        await ends.source.query(
          "reset standard_conforming_strings; reset backslash_quote; reset escape_string_warning",
        );
      }
      expect(await canary()).toBe("1");
    },
  );

  it(`come back equal from 3,000 identifiers (seed ${SEED})`, async () => {
    const all = texts(3000, 63);
    for (let start = 0; start < all.length; start += 500) {
      const part = all.slice(start, start + 500);
      const { fields } = await ends.source.query(
        `select ${part.map((name) => `1 as ${quoteIdentifier(name)}`).join(", ")}`,
      );
      expect(fields.map(({ name }) => name)).toEqual(part);
    }
    expect(await canary()).toBe("1");
  });

  it("are refused with a NUL", () => {
    expect(() => quoteLiteral("a\0b")).toThrow(expect.objectContaining({ code: "VALUE_INVALID" }));
    expect(() => quoteIdentifier("a\0b")).toThrow(expect.objectContaining({ code: "TABLE_NAME_INVALID" }));
  });

  it("travel through a whole mapping as data", async () => {
    const names = [...new Set(texts(60, 60))];
    const values = texts(names.length, 200);
    await ends.source.query(
      `create table hostile (id int, ${names.map((name) => `${quoteIdentifier(name)} text`).join(", ")})`,
    );
    await ends.source.query(
      `insert into hostile values (1, ${names.map((_, index) => `$${index + 1}`).join(", ")}), (2${", 'other'".repeat(names.length)})`,
      values,
    );
    const { rowsWritten, proof } = await ends.copy({
      table: "public.hostile",
      mapping: {
        columns: names.map((name, index) => ({ source: name, name: names[(index + 1) % names.length] ?? "" })),
        filter: {
          conditions: names.map((name, index) => ({
            column: name,
            operator: "equals" as const,
            values: [values[index] ?? ""],
          })),
        },
      },
    });
    expect({ rowsWritten, isVerified: proof.isVerified }).toEqual({ rowsWritten: 1, isVerified: true });
    const list = names.map((_, index) => quoteIdentifier(names[(index + 1) % names.length] ?? "")).join(", ");
    const { rows } = await ends.destination.query({ text: `select ${list} from hostile`, rowMode: "array" });
    expect(rows).toEqual([values]);
    expect(await canary()).toBe("1");
  });

  it("travel as constants and redactions", async () => {
    const values = texts(300, 200);
    await ends.source.query("create table plain as select 1 as id");
    await ends.copy({
      table: "public.plain",
      mapping: {
        columns: values.flatMap((value, index) => [
          { source: null, name: `c${index}`, transform: { kind: "constant" as const, value } },
          { source: "id", name: `r${index}`, transform: { kind: "redact" as const, text: value } },
        ]),
        rest: "drop",
      },
    });
    const { rows } = await ends.destination.query({ text: "select * from plain", rowMode: "array" });
    expect(rows).toEqual([values.flatMap((value) => [value, value])]);
  });
});
