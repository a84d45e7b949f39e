import { Readable } from "node:stream";
import { testServer } from "@millrace/db/testing";
import { type Batch, BATCHES, type TablePlan, valueAt } from "@millrace/engine";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeBatch } from "./postgres-batch-in.ts";
import { BatchDecoder } from "./postgres-batch-out.ts";
import { HOSTILE_NAMES, randomNames } from "./testing/hostile-names.ts";
import { openTwoEnds, type TwoEnds } from "./testing/two-ends.ts";

const planOf = (...types: readonly string[]): TablePlan =>
  ({ sourceTable: { schema: "public", name: "t" }, columns: types.map((type) => ({ type })) }) as unknown as TablePlan;

const message = (line: string): Buffer => {
  const payload = Buffer.from(line);
  const header = Buffer.from("d\0\0\0\0");
  header.writeUInt32BE(payload.length + 4, 1);
  return Buffer.concat([header, payload]);
};

async function decode(plan: TablePlan, pieces: readonly Buffer[]): Promise<Batch[]> {
  return (await Readable.from(pieces).pipe(new BatchDecoder(plan)).toArray()) as Batch[];
}

const rowsOf = (batches: readonly Batch[]): (string | null)[][] =>
  batches.flatMap((batch) =>
    Array.from({ length: batch.rowCount }, (_row, row) =>
      batch.columns.map((_column, at) => valueAt(batch, row, at)?.toString("latin1") ?? null),
    ),
  );

describe("batches of COPY's text", () => {
  const LINES = [
    "1\tplain\t\\\\x00ff5c0a0d\n",
    "\\N\t\\N\t\\N\n",
    "\t\t\\\\x\n",
    "-5\ta\\tb\\nc\\\\d\\re\\bf\\fg\\vh\\\\N\\\\.\t\\\\xff\n",
    `7\t${"x".repeat(3000)}\t\\\\x${"0a".repeat(3000)}\n`,
  ];
  const PLAN = planOf("integer", "text", "bytea");
  const VALUES = [
    ["1", "plain", "\x00\xff\\\n\r"],
    [null, null, null],
    ["", "", ""],
    ["-5", "a\tb\nc\\d\re\bf\fg\vh\\N\\.", "\xff"],
    ["7", "x".repeat(3000), "\n".repeat(3000)],
  ];

  it("hold what was escaped, bytes for hex, and null apart from nothing", async () => {
    const [batch] = await decode(PLAN, LINES.map(message));
    expect(rowsOf(batch ? [batch] : [])).toEqual(VALUES);
    expect(batch?.columns.map(({ type }) => type)).toEqual(["integer", "text", "bytes"]);
  });

  it("are the same wherever the stream is cut", async () => {
    const whole = Buffer.concat(LINES.slice(0, 4).map(message));
    for (let cut = 1; cut < whole.length; cut++) {
      const pieces = [Buffer.from(whole.subarray(0, cut)), Buffer.from(whole.subarray(cut))];
      expect(rowsOf(await decode(PLAN, pieces))).toEqual(VALUES.slice(0, 4));
    }
  });

  it("are COPY's text again when they are encoded", async () => {
    const [batch] = await decode(PLAN, LINES.map(message));
    expect(batch && encodeBatch(batch).subarray(5).toString()).toBe(LINES.join(""));
  });

  it("end with the row that brings them to their size, and refuse one that is larger than a batch may be", async () => {
    const batches = await decode(
      planOf("text"),
      Array.from({ length: 40 }, () => message(`${"y".repeat(50_000)}\n`)),
    );
    expect(batches.map(({ rowCount }) => rowCount)).toEqual([6, 6, 6, 6, 6, 6, 4]);
    const header = Buffer.from("d\x7f\xff\xff\xff", "latin1");
    const endless = Array.from({ length: 20 }, () => Buffer.alloc(100_000, "z"));
    await expect(decode(planOf("text"), [header, ...endless])).rejects.toMatchObject({ code: "ROW_TOO_LARGE" });
  });
});

describe("a copy in batches", () => {
  let ends: TwoEnds;
  const how = { table: "public.people", wireFormats: [BATCHES] };

  beforeAll(async () => {
    ends = await openTwoEnds(await testServer());
    await ends.source.query(`
      create table people (id int primary key, name text, photo bytea, born timestamptz);
      insert into people select i, case when i % 4000 = 7 then null else E'n\\t\\\\' || i end, sha256(i::text::bytea), '2001-01-01'::timestamptz + i * interval '1 hour'
      from generate_series(1, 20000) i`);
  });
  afterAll(() => ends.close());

  it("is verified like any other, in chunks as well", async () => {
    const { proof, rowsWritten } = await ends.copy({ ...how, parallelism: 2, chunkBytes: 256 * 1024 });
    expect(proof).toMatchObject({ isVerified: true, wireFormat: BATCHES });
    expect(rowsWritten).toBe(20_000);
    expect(await ends.difference("public.people")).toEqual([]);
  });

  it("sets the rows aside that the destination refuses", async () => {
    await ends.destination.query(
      "drop table people; create table people (id int, name text not null, photo bytea, born timestamptz)",
    );
    const kept: unknown[] = [];
    const outcome = await ends.copy({
      ...how,
      budget: { maxRows: 5 },
      quarantine: {
        begin: async () => {},
        keep: async (rows) => void kept.push(...rows.map(({ key }) => key?.["id"])),
      },
    });
    expect(outcome).toMatchObject({ rowsQuarantined: 5, rowsWritten: 19_995, proof: { isVerified: true } });
    expect(kept).toEqual(["7", "4007", "8007", "12007", "16007"]);
    await ends.source.query("delete from people where name is null");
    expect(await ends.difference("public.people")).toEqual([]);
  });

  it("brings whatever a text and a bytea can hold (seed 20261125)", async () => {
    const texts = [...HOSTILE_NAMES, ...randomNames(20_261_125, 500)];
    await ends.source.query("create table anything (id int, value text, bytes bytea)");
    await ends.source.query(
      `insert into anything select at, value, decode(md5(value) || encode(convert_to(value, 'UTF8'), 'hex'), 'hex')
       from unnest($1::text[]) with ordinality as t(value, at)`,
      [texts],
    );
    const { proof } = await ends.copy({ ...how, table: "public.anything" });
    expect(proof).toMatchObject({ isVerified: true, wireFormat: BATCHES });
    expect(await ends.difference("public.anything")).toEqual([]);
  });

  it("is refused in a format that the columns cannot travel in, before the destination is touched", async () => {
    await ends.source.query("create table by_oid (of regtype); insert into by_oid values ('int4')");
    const error = await ends.failure({ table: "public.by_oid", wireFormats: ["pg-binary"] });
    expect(error).toMatchObject({
      code: "UNSUPPORTED",
      params: { instead: "Between these two it can be pg-text or batches." },
    });
    expect((await ends.destination.query("select to_regclass('by_oid') as oid")).rows).toEqual([{ oid: null }]);
  });
});
