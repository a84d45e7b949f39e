import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CopyDatabase, twoServers } from "../testing/copy-databases.ts";

const MAIN = join(import.meta.dirname, "../main.ts");

let source: CopyDatabase;
let destination: CopyDatabase;
let ends: string[];

beforeAll(async () => {
  ({ source, destination } = await twoServers());
  ends = ["--from", source.url, "--to", destination.url];
});
afterAll(async () => {
  await source[Symbol.asyncDispose]();
  await destination[Symbol.asyncDispose]();
});

async function millraceVerify(...args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, "verify", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [exitCode] = (await once(child, "close")) as [number | null];
  return { exitCode, stdout, stderr };
}

describe("millrace verify", () => {
  it("says that tables are equal, names the keys that differ, and repairs them", async () => {
    for (const end of [source, destination]) {
      await end.query(`create table people (id int primary key, name text);
        insert into people select i, 'secret ' || i from generate_series(1, 3000) i`);
    }
    const equal = await millraceVerify(...ends, "--table", "people");
    expect(equal).toMatchObject({
      exitCode: 0,
      stdout: "people: equal, 3,000 rows at the source, 3,000 at the destination\n",
    });

    await destination.query(`update people set name = 'x' where id = 5; delete from people where id = 6;
      insert into people values (4000, 'y')`);
    const { exitCode, stdout, stderr } = await millraceVerify(...ends, "--table", "people");
    expect(exitCode).toBe(1);
    expect(stdout.split("\n").slice(1, 4)).toEqual([
      "  id 5: differs in name",
      "  id 6: missing at the destination",
      "  id 4000: only at the destination",
    ]);
    expect(stdout + stderr).not.toMatch(/secret/);

    const half = await millraceVerify(...ends, "--table", "people", "--repair", "--json");
    expect(half.exitCode).toBe(1);
    expect(JSON.parse(half.stdout)).toMatchObject({
      status: "different",
      table: "people",
      source_rows: 3000,
      key_columns: ["id"],
      difference_count: 3,
      is_complete: true,
      repaired: { inserted: 1, updated: 1, deleted: 0, left: 1 },
      after: { difference_count: 1, differences: [{ key: ["4000"], kind: "unexpected", columns: [] }] },
    });
    const whole = await millraceVerify(...ends, "--table", "people", "--repair", "--delete");
    expect(whole.exitCode).toBe(0);
    expect(whole.stdout).toMatch(/\nrepaired: 0 inserted, 0 updated, 1 deleted\npeople: equal, 3,000 rows/);
  });

  it("ends with 1 for a table that is not there, with 2 for wrong usage, and repeats no password", async () => {
    const missing = await millraceVerify(...ends, "--table", "nowhere", "--json");
    expect(missing.exitCode).toBe(1);
    expect(JSON.parse(missing.stdout)).toMatchObject({ status: "failed", error: { code: "SOURCE_TABLE_MISSING" } });
    const wrong = await millraceVerify(...ends, "--table", "people", "--delete");
    expect(wrong).toMatchObject({ exitCode: 2, stdout: "" });
    const unknown = await millraceVerify(
      "--from",
      "mongo://me:hunter2@x/y",
      "--to",
      destination.url,
      "--table",
      "people",
    );
    expect(unknown.exitCode).toBe(2);
    expect(unknown.stdout + unknown.stderr).not.toContain("hunter2");
  });
});
