import { afterAll, beforeAll, expect, it } from "vitest";
import { type CopyDatabase, twoServers } from "../testing/copy-databases.ts";
import { copyAsJson, runCopyProcess } from "../testing/copy-process.ts";

let source: CopyDatabase;
let destination: CopyDatabase;
let ends: string[];

beforeAll(async () => {
  ({ source, destination } = await twoServers());
  ends = ["--from", source.url, "--to", destination.url];
  await source.query(`create table people (id int primary key, name text);
    insert into people select i, 'secret ' || i from generate_series(1, 3000) i; analyze people`);
});
afterAll(async () => {
  await source[Symbol.asyncDispose]();
  await destination[Symbol.asyncDispose]();
});

const merge = ["--table", "people", "--write-mode", "merge", "--deletes", "hard"];

it("says what a copy would do, which the copy then does, and copies nothing", async () => {
  const first = await runCopyProcess(...ends, ...merge, "--plan");
  expect(first.exitCode).toBe(0);
  expect(first.stdout).toContain("3,000 rows to read, 0 are there now: +3,000 inserted, ~0 updated, -0 deleted");
  expect(first.stdout).toMatch(/create table "public"\."people"/);
  expect(await destination.query("select to_regclass('people') as t")).toEqual([{ t: null }]);
  await runCopyProcess(...ends, ...merge);
  await source.query(
    "update people set name = 'x' where id <= 3; delete from people where id = 9; insert into people values (4000, 'y')",
  );
  const { exitCode, report } = await copyAsJson(...ends, ...merge, "--plan");
  expect(exitCode).toBe(0);
  expect(report).toMatchObject({
    status: "planned",
    tables: [{ table: "public.people", wire_format: "pg-binary", chunks: 1, is_upper_bound: false }],
  });
  const { changes } = report.tables[0] as unknown as { changes: object };
  expect(changes).toEqual({ inserted: 1, updated: 3, deleted: 1, unchanged: 2996, duplicates: 0 });
  expect(JSON.stringify(report)).not.toContain("secret");
  const done = await copyAsJson(...ends, ...merge);
  expect(done.report.tables[0]).toMatchObject({ changes });
});

it("says that rows which are refused would be set aside, where they would be", async () => {
  const { stdout } = await runCopyProcess(...ends, ...merge, "--max-failed", "5", "--plan");
  expect(stdout).toContain("rows that are refused would be set aside, so fewer may be inserted and updated");
});

it("ends with 1 where a table would be refused, and says why", async () => {
  const { exitCode, stdout } = await runCopyProcess(...ends, ...merge, "--table", "gone", "--plan");
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/gone -> public\.gone\n {2}refused: .*\[SOURCE_TABLE_MISSING\]/);
});
