import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type CopyDatabase, oneServer } from "../testing/copy-databases.ts";
import { copyAsJson, runCopyProcess, startCopy } from "../testing/copy-process.ts";

/** Nothing that holds this may ever be printed. */
const SECRET = "s3cret-canary";

let source: CopyDatabase;
let destination: CopyDatabase;
let ends: string[];

beforeAll(async () => {
  ({ source, destination } = await oneServer());
  ends = ["--from", source.url, "--to", destination.url];
  await source.query(`
    create table small (id integer, note text);
    insert into small values (1, 'one'), (2, 'two');
    create view endless as
      select case when pg_sleep(0.02) is null then 0 else i end as i from generate_series(1, 1000000) i`);
});
afterAll(async () => {
  await source[Symbol.asyncDispose]();
  await destination[Symbol.asyncDispose]();
});

function altered(url: string, change: (url: URL) => void): string {
  const changed = new URL(url);
  changed.password = SECRET;
  change(changed);
  return changed.href;
}

describe("a copy that cannot start", () => {
  const cases: [string, () => string[], exitCode: number, code: string][] = [
    ["a wrong password", () => ["--from", altered(source.url, () => {})], 1, "AUTHENTICATION_FAILED"],
    ["a wrong password at the destination", () => ["--to", altered(source.url, () => {})], 1, "AUTHENTICATION_FAILED"],
    [
      "a database that is not there",
      () => ["--from", source.url.replace(/\/[^/]*$/, "/nowhere")],
      1,
      "DATABASE_MISSING",
    ],
    [
      "a port where nothing listens",
      () => ["--to", altered(source.url, (url) => (url.port = "1"))],
      1,
      "CONNECTION_REFUSED",
    ],
    ["a schema without tables", () => ["--table", "nowhere.*"], 1, "NOTHING_TO_COPY"],
    ["a scheme of another system", () => ["--from", `oracle://me:${SECRET}@host/db`], 2, "UNSUPPORTED"],
    ["a text that is no URL", () => ["--from", `me:${SECRET}@host/db`], 2, "VALIDATION_FAILED"],
    ["a URL with a fault", () => ["--to", `postgres://me:${SECRET}%@host:port/db`], 2, "VALIDATION_FAILED"],
    ["a table name that cannot be read", () => ["--table", "a.b.c"], 2, "TABLE_NAME_INVALID"],
    ["a pattern that cannot be read", () => ["--table", "a.b.*"], 2, "TABLE_NAME_INVALID"],
  ];

  it.each(cases)("names its reason, and no secret: %s", async (_, args, exitCode, code) => {
    const command = [...ends, "--table", "small", ...args()];
    const json = await runCopyProcess(...command, "--json");
    expect(json.exitCode).toBe(exitCode);
    expect(JSON.parse(json.stdout)).toEqual({
      status: "failed",
      tables: [],
      error: { code, message: expect.any(String), hint: expect.any(String) },
    });
    const plain = await runCopyProcess(...command);
    expect(plain).toMatchObject({ exitCode, stdout: "" });
    expect(plain.stderr).toMatch(new RegExp(`^error: .+ \\[${code}\\]\n  .+\n$`));
    const printed = json.stdout + json.stderr + plain.stderr;
    for (const secret of [SECRET, new URL(source.url).password]) expect(printed).not.toContain(secret);
  });

  it.each([
    ["no --from", ["--to", "postgres://h/d", "--table", "t"]],
    ["no --table", ["--from", "postgres://h/d", "--to", "postgres://h/d"]],
    ["an option that there is not", [`--form=postgres://me:${SECRET}@h/d`]],
    ["a word too many", [`postgres://me:${SECRET}@h/d`]],
    ["--jobs 0", ["--jobs", "0"]],
    ["--jobs with a URL", ["--jobs", `postgres://me:${SECRET}@h/d`]],
    ["a write mode that there is not", ["--write-mode", "upsert"]],
    ["--to-table with two tables", ["--table", "other", "--to-table", "t"]],
    ["--to-table with a pattern", ["--table", "public.*", "--to-table", "t"]],
  ])("is wrong usage with %s", async (name, args) => {
    const given = name.startsWith("no ") ? args : [...ends, "--table", "small", ...args];
    const { exitCode, stdout, stderr } = await runCopyProcess(...given);
    expect(exitCode).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^error: /);
    expect(stderr).not.toContain(SECRET);
  });
});

describe("a copy that fails", () => {
  it("says that source and destination are the same table", async () => {
    const { exitCode, report } = await copyAsJson("--from", source.url, "--to", source.url, "--table", "small");
    expect(exitCode).toBe(1);
    expect(report.tables[0]?.error?.code).toBe("SOURCE_EQUALS_DESTINATION");
  });

  it("reports rows that arrived changed as not verified, and leaves the destination as it was", async () => {
    await destination.query(`
      create table small (id integer, note text);
      insert into small values (0, 'before');
      create function meddle() returns trigger language plpgsql as $$ begin new.note := 'x'; return new; end $$;
      create trigger meddle before insert on small for each row execute function meddle()`);
    const { exitCode, report } = await copyAsJson(...ends, "--table", "small", "--write-mode", "append");
    expect(exitCode).toBe(1);
    expect(report.tables[0]).toMatchObject({ verified: false, rows_read: 2, rows_written: 0 });
    expect(report.tables[0]?.error?.code).toBe("DIGEST_MISMATCH");
    expect(report.tables[0]?.found).toMatchObject({ key_columns: [], difference_count: null, differences: [] });
    expect(await destination.query("select * from small")).toEqual([{ id: 0, note: "before" }]);
  });

  it("names the keys of rows that arrived changed on standard output, and never on standard error", async () => {
    await source.query(`create table keyed (id integer primary key, note text);
      insert into keyed select i, 'note ' || i from generate_series(4001, 4100) i`);
    await destination.query(`create table keyed (id integer primary key, note text);
      create function meddle_some() returns trigger language plpgsql as $$ begin
        if new.id = 4077 then return null; end if;
        if new.id = 4011 then new.note := 'x'; end if; return new; end $$;
      create trigger meddle before insert on keyed for each row execute function meddle_some()`);
    const command = [...ends, "--table", "keyed", "--write-mode", "append"];
    const { exitCode, stdout, stderr } = await runCopyProcess(...command);
    expect(exitCode).toBe(1);
    expect(stdout.split("\n").slice(-4)).toEqual([
      "public.keyed: different, 100 rows at the source, 99 at the destination; 2 keys differ",
      "  id 4011: differs in note",
      "  id 4077: missing at the destination",
      "",
    ]);
    expect(stderr).toContain("2 keys differ; 100 rows at the source, 99 at the destination [DIGEST_MISMATCH]");
    expect(stderr).not.toMatch(/4011|4077/);
    const { report } = await copyAsJson(...command);
    expect(report.tables[0]?.found).toEqual({
      source_rows: 100,
      destination_rows: 99,
      key_columns: ["id"],
      difference_count: 2,
      is_complete: true,
      differences: [
        { key: ["4011"], kind: "different", columns: ["note"] },
        { key: ["4077"], kind: "missing", columns: [] },
      ],
    });
    expect(await destination.query("select * from keyed")).toEqual([]);
  });

  it("stops when the destination refuses a row while many are still to come, and goes on with the next table", async () => {
    await source.query(
      "create table large as select i as id, repeat('x', 200) as filler from generate_series(1, 100000) i",
    );
    await destination.query("create table large (id integer check (id <> 500), filler text); create table next ()");
    await source.query("create table next (id integer)");
    const tables = ["--table", "large", "--table", "next"];
    const { exitCode, report } = await copyAsJson(...ends, ...tables, "--write-mode", "append");
    expect(exitCode).toBe(1);
    expect(report.tables[0]?.error?.code).toBe("CONSTRAINT_VIOLATED");
    expect(report.tables[1]?.error?.code).toBe("COLUMN_MISSING");
    expect(await destination.query("select count(*)::integer as count from large")).toEqual([{ count: 0 }]);
  });

  it.each(["SIGINT", "SIGTERM"] as const)(
    "ends with 130 after %s, and leaves no session and no table",
    async (signal) => {
      const copy = startCopy(...ends, "--table", "endless", "--table", "small", "--json");
      await vi.waitUntil(() => isCopying(source), { timeout: 30_000 });
      copy.kill(signal);
      const { exitCode, stdout, stderr } = await copy.ended;
      expect(exitCode).toBe(130);
      const report = JSON.parse(stdout);
      expect(report.status).toBe("cancelled");
      expect(report.tables.map(({ error }: { error: { code: string } }) => error.code)).toEqual([
        "RUN_CANCELLED",
        "RUN_CANCELLED",
      ]);
      expect(stderr).toContain("public.endless: cancelled\n");
      await vi.waitUntil(async () => !(await isCopying(source)), { timeout: 30_000 });
      expect(await destination.query("select to_regclass('endless')::text as found")).toEqual([{ found: null }]);
    },
  );

  it("ends at once after a second signal", async () => {
    const copy = startCopy(...ends, "--table", "endless", "--json");
    await vi.waitUntil(() => isCopying(source), { timeout: 30_000 });
    copy.kill("SIGINT");
    copy.kill("SIGTERM");
    expect(await copy.ended).toMatchObject({ exitCode: 130, stdout: "" });
    // Nobody has told the server, which finds out when it next sends something.
    await source.query(`select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'copy%endless%'`);
  });
});

async function isCopying(database: CopyDatabase): Promise<boolean> {
  const [found] = await database.query<{ is_copying: boolean }>(
    `select count(*) > 0 as is_copying from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and query ilike 'copy%endless%'`,
  );
  return found?.is_copying ?? false;
}
