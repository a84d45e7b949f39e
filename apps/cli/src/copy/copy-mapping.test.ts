import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CopyDatabase, twoServers } from "../testing/copy-databases.ts";
import { copyAsJson } from "../testing/copy-process.ts";

const KEY = "a key of more than sixteen characters";
let source: CopyDatabase;
let destination: CopyDatabase;
let ends: string[];
let directory: string;

const file = (name: string, text: string): string => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "copy-mapping-"));
  ({ source, destination } = await twoServers());
  ends = ["--from", source.url, "--to", destination.url];
  await source.query(`
    create table people (id int primary key, email text, country text, phone text);
    insert into people values (1, 'ada@example.com', 'GB', '1'), (2, 'bob@example.com', 'DE', '2'), (3, null, null, '3')`);
});
afterAll(async () => {
  rmSync(directory, { recursive: true });
  await source[Symbol.asyncDispose]();
  await destination[Symbol.asyncDispose]();
});

describe("millrace copy with a mapping", () => {
  it("leaves out, renames, masks and filters", async () => {
    const { exitCode, report } = await copyAsJson(
      ...ends,
      "--table=people",
      "--exclude=phone",
      "--rename=country=land",
      "--mask=email=partial",
      "--where=country != DE",
      "--where=id in 1,2,3",
    );
    expect({ exitCode, verified: report.tables[0]?.verified }).toEqual({ exitCode: 0, verified: true });
    expect(await destination.query("select * from people order by id")).toEqual([
      { id: 1, email: "a*************m", land: "GB" },
      { id: 3, email: null, land: null },
    ]);
  });

  it("copies the columns that are named, and masks under the key of a file", async () => {
    const { exitCode } = await copyAsJson(
      ...ends,
      "--table=people",
      "--to-table=masked",
      "--columns=email,id",
      "--mask=email=hmac",
      `--mask-key-file=${file("key", `${KEY}\n`)}`,
      "--where=id = 1",
    );
    expect(exitCode).toBe(0);
    const email = createHmac("sha256", KEY).update("ada@example.com").digest("hex");
    expect(await destination.query("select * from masked")).toEqual([{ email, id: 1 }]);
  });

  it("reads a query in place of a table", async () => {
    const sql = file("report.sql", "select country, count(*) as people from people group by country;\n");
    const { exitCode, report } = await copyAsJson(...ends, "--table", "report", "--query-file", sql);
    expect({ exitCode, rows: report.tables[0]?.rows_written }).toEqual({ exitCode: 0, rows: 3 });
  });

  it.each([
    [["--mask", "email=blur"], "--mask takes partial, redact, hash, hmac"],
    [["--rename", "email"], "--rename takes old=new"],
    [["--where", "country DE"], "--where takes 'column operator value'"],
    [["--where", "country ="], "takes one value"],
    [["--columns", "id", "--mask", "email=hash"], "the column email is renamed or masked"],
    [["--query-file", "/no/such/file"], "the file of --query-file cannot be read"],
  ])("exits with 2 for %j", async (options, sentence) => {
    const { exitCode, report } = await copyAsJson(...ends, "--table", "people", ...options);
    expect(exitCode).toBe(2);
    expect(report.error?.message).toContain(sentence);
  });
});
