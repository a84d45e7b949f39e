import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CopyDatabase, differingRows, twoServers } from "../testing/copy-databases.ts";
import { copyAsJson, runCopyProcess } from "../testing/copy-process.ts";

let source: CopyDatabase;
let destination: CopyDatabase;
let ends: string[];

beforeAll(async () => {
  ({ source, destination } = await twoServers());
  ends = ["--from", source.url, "--to", destination.url];
  await source.query(`
    create table orders (id bigint primary key, note text, total numeric(10, 2), at timestamptz);
    insert into orders select i, nullif('note ' || i, 'note 7'), i / 3.0, timestamptz '2026-01-01' + i * interval '1 hour'
      from generate_series(1, 5000) i;
    create table small (id integer primary key);
    insert into small values (1), (2);
    create schema shop;
    create table shop.plain (a integer);
    insert into shop.plain values (1), (null);
    create table shop.parted (day date, amount integer) partition by range (day);
    create table shop.parted_2025 partition of shop.parted for values from ('2025-01-01') to ('2026-01-01');
    create table shop.parted_2026 partition of shop.parted for values from ('2026-01-01') to ('2027-01-01');
    insert into shop.parted values ('2025-05-05', 1), ('2026-06-06', 2), ('2026-07-07', 3);
    create view shop.totals as select sum(amount) as amount from shop.parted;
    create materialized view shop.frozen as select 1 as one;
    analyze`);
});
afterAll(async () => {
  await source[Symbol.asyncDispose]();
  await destination[Symbol.asyncDispose]();
});

describe("millrace copy", () => {
  it("copies a table, and shows its rows, bytes, speed and that it is verified", async () => {
    const { exitCode, stdout, stderr } = await runCopyProcess(...ends, "--table", "public.orders");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^table +rows +bytes +seconds +rows\/s +result\n/);
    expect(stdout).toMatch(/\npublic\.orders +5,000 +\d+ KB +\d+\.\d\d +[\d,]+ +verified\n$/);
    expect(stderr).toMatch(/^public\.orders: started\n(.*\n)*public\.orders: verified, 5,000 rows/);
    expect(await differingRows(source, destination, "public.orders")).toEqual([]);
  });

  it("prints one JSON object of the promised shape", async () => {
    const { exitCode, report } = await copyAsJson(...ends, "--table", "orders");
    expect(exitCode).toBe(0);
    const digest = report.tables[0]?.source_digest;
    expect(digest).toMatch(/^5000:-?\d+:-?\d+$/);
    expect(report).toEqual({
      status: "success",
      tables: [
        {
          table: "public.orders",
          rows_read: 5000,
          rows_written: 5000,
          rows_quarantined: 0,
          bytes: expect.any(Number),
          duration_ms: expect.any(Number),
          verified: true,
          source_digest: digest,
          destination_digest: digest,
          wire_format: "pg-binary",
        },
      ],
    });
    expect(report.tables[0]?.bytes).toBeGreaterThan(100_000);
  });

  it("loads without digests when verification is off, and says so", async () => {
    const { exitCode, report } = await copyAsJson(...ends, "--table", "orders", "--no-verify");
    expect(exitCode).toBe(0);
    expect(report.status).toBe("success");
    expect(report.tables[0]).toMatchObject({ verified: null, source_digest: null, destination_digest: null });
    const { stdout, stderr } = await runCopyProcess(...ends, "--table", "orders", "--no-verify");
    expect(stdout).toMatch(/ loaded\n$/);
    expect(stdout + stderr).not.toMatch(/verified|warning/);
  });

  it("says that counts are equal where no more was compared, and never calls that verified", async () => {
    const { exitCode, report } = await copyAsJson(...ends, "--table", "orders", "--verify", "count");
    expect(exitCode).toBe(0);
    expect(report.tables[0]).toMatchObject({ verified: null, verification: "count", source_digest: null });
    const { stdout, stderr } = await runCopyProcess(...ends, "--table", "orders", "--verify", "count");
    expect(stdout).toMatch(/ counts equal\n$/);
    expect(stdout + stderr).not.toMatch(/verified|warning/);
  });

  it("takes the tables, the partitioned tables and the partitions of a schema, and neither views nor tables twice", async () => {
    const { exitCode, report } = await copyAsJson(...ends, "--table", "shop.plain", "--table", "shop.*");
    expect(exitCode).toBe(0);
    const rows = Object.fromEntries(report.tables.map(({ table, rows_written }) => [table, rows_written]));
    expect(rows).toEqual({ "shop.plain": 2, "shop.parted": 3, "shop.parted_2025": 1, "shop.parted_2026": 2 });
    expect(report.tables).toHaveLength(4);
    const arrived = await destination.query(
      "select relname as name, relkind as kind from pg_class where relnamespace = 'shop'::regnamespace and relkind <> 'i' order by 1",
    );
    expect(arrived).toEqual(
      Object.keys(rows)
        .sort()
        .map((table) => ({ name: table.slice("shop.".length), kind: "r" })),
    );
  });

  it("copies a view when it is named", async () => {
    const { exitCode, report } = await copyAsJson(...ends, "--table", "shop.totals", "--table", "shop.frozen");
    expect(exitCode).toBe(0);
    expect(report.tables.map(({ verified }) => verified)).toEqual([true, true]);
    expect(await destination.query("select amount::integer from shop.totals")).toEqual([{ amount: 6 }]);
  });

  it("writes under another name", async () => {
    const { exitCode, report } = await copyAsJson(...ends, "--table", "small", "--to-table", 'staging."small.2"');
    expect(exitCode).toBe(0);
    expect(report.tables[0]?.table).toBe("public.small");
    expect(await destination.query('select id from staging."small.2" order by id')).toEqual([{ id: 1 }, { id: 2 }]);
  });

  it("appends in one mode and replaces in the other", async () => {
    const once = [...ends, "--table", "shop.plain", "--to-table", "public.twice"];
    for (const [mode, rows] of [
      ["replace", 2],
      ["append", 4],
      ["append", 6],
      ["replace", 2],
    ] as const) {
      const { exitCode, report } = await copyAsJson(...once, "--write-mode", mode);
      expect(exitCode).toBe(0);
      expect(report.tables[0]).toMatchObject({ rows_written: 2, verified: true });
      expect(await destination.query("select count(*)::integer as count from twice")).toEqual([{ count: rows }]);
    }
  });

  it("fits the destination's table to the source, leaves out what it has no column for, or fails, as it is told", async () => {
    await source.query("create table shop.wide (a integer, b text); insert into shop.wide values (1, 'x'), (2, 'y')");
    await destination.query("create table narrow (a integer)");
    const narrow = [...ends, "--table", "shop.wide", "--to-table", "public.narrow", "--write-mode", "append"];
    const columns = () =>
      destination.query(
        "select attname from pg_attribute where attrelid = 'narrow'::regclass and attnum > 0 order by attnum",
      );
    const failed = await copyAsJson(...narrow);
    expect(failed.report.tables[0]?.error?.code).toBe("COLUMN_MISSING");
    const less = await copyAsJson(...narrow, "--schema-change", "discard_column");
    expect(less.report.tables[0]).toMatchObject({ rows_written: 2, verified: true });
    expect(await columns()).toEqual([{ attname: "a" }]);
    const more = await copyAsJson(...narrow, "--schema-change", "evolve");
    expect(more.report.tables[0]).toMatchObject({ rows_written: 2, verified: true });
    expect(await columns()).toEqual([{ attname: "a" }, { attname: "b" }]);
  });

  it("copies several tables at once, the largest first", async () => {
    const names = ["small", "shop.plain", "orders", "shop.parted_2026"].flatMap((name) => ["--table", name]);
    const { exitCode, report } = await copyAsJson(...ends, ...names, "--jobs", "3");
    expect(exitCode).toBe(0);
    expect(report.tables.map(({ rows_written }) => rows_written)).toEqual([5000, 2, 2, 2]);
  });

  it("goes on after a table that fails, and ends with 1", async () => {
    const { exitCode, report } = await copyAsJson(...ends, "--table", "nowhere", "--table", "small", "--table", "nope");
    expect(exitCode).toBe(1);
    expect(report.status).toBe("failed");
    expect(report.tables.map(({ table, verified, error }) => [table, verified, error?.code])).toEqual([
      ["public.nowhere", null, "SOURCE_TABLE_MISSING"],
      ["public.small", true, undefined],
      ["public.nope", null, "SOURCE_TABLE_MISSING"],
    ]);
    expect(report.tables[0]).toMatchObject({ rows_read: 0, rows_written: 0, bytes: 0, wire_format: null });

    const { stdout, stderr } = await runCopyProcess(...ends, "--table", "nowhere", "--table", "small");
    expect(stdout).toMatch(/public\.nowhere +failed \[SOURCE_TABLE_MISSING\]\n/);
    expect(stdout).toMatch(/2 tables +2 .*1 arrived\n$/);
    expect(stderr).toContain("public.nowhere: The source has no table public.nowhere [SOURCE_TABLE_MISSING]\n  Check ");
  });

  it("carries hostile names unharmed, and lets none of them reach the terminal as a command", async () => {
    const name = 'ev"il.*\u001b[31m\n\u202e; drop table small; --';
    const quoted = `"${name.replaceAll('"', '""')}"`;
    await source.query(`create schema "Sch.ema"; create table "Sch.ema".${quoted} (${quoted} text, "__proto__" integer);
      insert into "Sch.ema".${quoted} values (E'\\\\.', 1), (null, null), ('', 2), (E'a\\tb\\n', 3)`);
    const { exitCode, report } = await copyAsJson(...ends, "--table", '"Sch.ema".*');
    expect(exitCode).toBe(0);
    expect(report.tables[0]).toMatchObject({ table: `"Sch.ema".${quoted}`, rows_written: 4, verified: true });
    expect(await differingRows(source, destination, `"Sch.ema".${quoted}`)).toEqual([]);

    const { stdout, stderr } = await runCopyProcess(
      ...ends,
      "--table",
      `"Sch.ema".${quoted}`,
      "--table",
      `x.${quoted}`,
    );
    for (const character of ["\u001b", "\u202e"]) expect(stdout + stderr).not.toContain(character);
    expect(stdout.trimEnd().split("\n")).toHaveLength(4);
    expect(stdout).toContain("\\u{1b}[31m\\u{a}\\u{202e}");
  });
});

describe("several jobs for one table", () => {
  it("copy its chunks at once into one plain table, verified as a whole", async () => {
    await source.query(`create table wide (id bigint primary key, filler text not null);
      alter table wide alter filler set storage plain;
      insert into wide select i, repeat(md5(i::text), 200) from generate_series(1, 42000) i`);
    const { exitCode, report, stderr } = await copyAsJson(...ends, "--table", "wide", "--jobs", "3");
    expect(exitCode).toBe(0);
    expect(report.tables[0]).toMatchObject({ rows_written: 42_000, verified: true });
    expect(stderr).not.toContain("warning");
    const count =
      "select count(*)::int as n, count(distinct id)::int as ids, sum(length(filler))::text as length from wide";
    expect(await destination.query(count)).toEqual(await source.query(count));
    const [traces] = await destination.query("select count(*)::int as stages from _millrace.stage");
    expect(traces).toEqual({ stages: 0 });
    const key = await destination.query(
      "select conname from pg_constraint where conrelid = 'wide'::regclass and contype = 'p'",
    );
    expect(key).toEqual([{ conname: "wide_pkey" }]);
  });

  it("sets rows aside that the destination refuses, counts them, and writes them down where asked", async () => {
    await destination.query("create table picky (id bigint, note text not null, total numeric(10, 2), at timestamptz)");
    const folder = await mkdtemp(join(tmpdir(), "millrace-quarantine-"));
    const path = join(folder, "refused.jsonl");
    const args = [...ends, "--table", "orders", "--to-table", "picky"];
    const refused = await copyAsJson(...args);
    expect(refused.report.tables[0]).toMatchObject({ error: { code: "CONSTRAINT_VIOLATED" }, rows_quarantined: 0 });
    const { exitCode, stdout, stderr } = await runCopyProcess(
      ...args,
      "--max-failed",
      "1",
      "--quarantine-file",
      path,
      "--json",
    );
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout).tables[0]).toMatchObject({ rows_written: 4999, rows_quarantined: 1, verified: true });
    expect(stderr).toContain("1 row was set aside: 1 CONSTRAINT_VIOLATED in column note");
    expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({
      table: "public.orders",
      column: "note",
      key: { id: "7" },
      values: { id: "7", note: null },
    });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const again = await runCopyProcess(...args, "--max-failed", "1", "--quarantine-file", path);
    expect(again.exitCode).toBe(1);
    await rm(folder, { recursive: true });
  });
});
