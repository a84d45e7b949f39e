import { debianServer, testServer } from "@millrace/db/testing";
import { describe, expect, it } from "vitest";
import { testSessions } from "../testing/test-sessions.ts";
import { chooseDigest, type HashedValue, readDigest } from "./postgres-digest.ts";
import { openTwoEnds } from "./testing/two-ends.ts";

const end = (major: number, encoding = "UTF8") => ({ serverVersion: major * 10_000, encoding });

describe("the way a digest is taken", () => {
  it.each([
    ["like servers hash values", end(15), end(15), "record"],
    ["servers of different versions hash text", end(15), end(18), "text"],
    ["version 13 has neither the hash nor the xor", end(13), end(13), "text-13"],
    ["version 13 at one end is version 13 at both", end(18), end(13), "text-13"],
    ["databases of different encodings hash text in one", end(18, "LATIN1"), end(18), "text-utf8"],
    ["all at once", end(13, "LATIN1"), end(18), "text-13-utf8"],
  ])("%s", (_why, source, destination, method) => {
    expect(chooseDigest(source, destination)).toBe(method);
  });
});

const plain = (...names: readonly string[]): HashedValue[] => names.map((value) => ({ value, hashedAs: null }));

/** Each method on columns as they are, and the first also on columns that are hashed in other ways. */
const WAYS: readonly { way: string; method: string; values: readonly HashedValue[] }[] = [
  { way: "record", method: "record", values: plain("a", "b") },
  {
    way: "a chain",
    method: "record",
    values: [
      { value: "a", hashedAs: "hashint4extended" },
      { value: "b", hashedAs: "hashtextextended" },
    ],
  },
  {
    way: "a chain before a record",
    method: "record",
    values: [{ value: "a", hashedAs: "hashint4extended" }, ...plain("b")],
  },
  { way: "text in a record", method: "record", values: [...plain("a"), { value: "b", hashedAs: "text" }] },
  { way: "text", method: "text", values: plain("a", "b") },
  { way: "text-utf8", method: "text-utf8", values: plain("a", "b") },
  { way: "text-13", method: "text-13", values: plain("a", "b") },
  { way: "text-13-utf8", method: "text-13-utf8", values: plain("a", "b") },
];

describe.each(WAYS)("the digest by $way", ({ method, values }) => {
  const sessions = testSessions();
  const digest = async (rows: string) => {
    const session = await sessions.open();
    return readDigest(session, method, values, `(values ${rows}) as t (a, b)`);
  };

  it("is the same whatever the order of the rows", async () => {
    expect(await digest("(1, 'x'), (2, 'y'), (3, null)")).toEqual(await digest("(3, null), (1, 'x'), (2, 'y')"));
  });

  it.each([
    ["a value that changed", "(1, 'x'), (2, 'z')"],
    ["values that changed places between rows", "(1, 'y'), (2, 'x')"],
    ["null in place of the empty text", "(1, 'x'), (2, null)"],
    ["a row too many", "(1, 'x'), (2, 'y'), (2, 'y')"],
    ["a row doubled and another gone", "(1, 'x'), (1, 'x')"],
    ["rows that make up for each other in the xor", "(1, 'x'), (2, 'y'), (3, 'q'), (3, 'q')"],
  ])("tells %s", async (_what, rows) => {
    expect(await digest(rows)).not.toEqual(await digest("(1, 'x'), (2, 'y')"));
  });

  it("of no rows is zero", async () => {
    const session = await sessions.open();
    expect(await readDigest(session, method, values, "(select 1 as a, '' as b where false) as t")).toEqual({
      rowCount: 0,
      sum: "0",
      xor: "0",
    });
  });

  it("computes each hash once and may use several processes", async () => {
    const session = await sessions.open();
    await session.query(
      "create table if not exists hashed as select i as a, i::text as b from generate_series(1, 20000) i",
    );
    await session.query("set max_parallel_workers_per_gather = 2");
    for (const setting of ["min_parallel_table_scan_size", "parallel_setup_cost", "parallel_tuple_cost"]) {
      await session.query(`set ${setting} = 0`);
    }
    const plan: string[] = [];
    const explaining = {
      queryOne: async (sql: string) => {
        plan.push(
          ...(await session.query<{ "QUERY PLAN": string }>(`explain (verbose, costs off) ${sql}`)).map(
            (row) => row["QUERY PLAN"],
          ),
        );
        return [];
      },
    };
    await readDigest(explaining as never, method, values, "hashed");
    expect(plan.join("\n")).toContain("Parallel Seq Scan");
    // An aggregate that takes what the scan has computed shows it in brackets of its own.
    expect(plan.join("\n")).toMatch(/sum\(\((?:COALESCE\()?hash\w+extended\(/);
    expect(plan.join("\n")).not.toMatch(/(?:sum|bit_xor)\((?:COALESCE\()?hash\w+extended\(/);
  });
});

describe("what is hashed of a column", () => {
  it("is the same whichever of the ends has the rows in which order of columns", async () => {
    const ends = await openTwoEnds(await testServer());
    try {
      await ends.source.query(`
        create type mood as enum ('sad', 'happy');
        create table mixed (id bigint not null, name varchar(9) not null, amount numeric(9,2) not null, flag char(1) not null,
          at timestamp not null, key uuid not null, note text, mood mood not null, blob bytea not null, doc json, day date not null);
        insert into mixed select i, 'n' || i, i / 7.0, 'x', now(), gen_random_uuid(), nullif(i % 3, 0)::text, 'sad', '\\x00', '{}', 'infinity'
        from generate_series(1, 100) i`);
      for (const _round of [1, 2]) expect((await ends.copy({ table: "public.mixed" })).proof.isVerified).toBe(true);
      await ends.destination.query(`
        create table other (blob bytea, day date, doc json, mood mood, key uuid, note text, at timestamp, flag text, amount numeric, name text, id bigint)`);
      const lines: string[] = [];
      const outcome = await ends.copy({
        table: "public.mixed",
        toTable: "public.other",
        onLog: (level, message) => level === "error" && lines.push(message),
      });
      expect({ lines, isVerified: outcome.proof.isVerified }).toEqual({ lines: [], isVerified: true });
    } finally {
      await ends.close();
    }
  });

  it("tells a null that took the place of a value that is never null", async () => {
    const ends = await openTwoEnds(await testServer());
    try {
      await ends.source.query(
        "create table strict (id int not null, n int not null); insert into strict values (1, 0), (2, 5)",
      );
      await ends.destination.query(`
        create table strict (id int, n int);
        create function lose_it() returns trigger language plpgsql as $$ begin new.n := nullif(new.n, 0); return new; end $$;
        create trigger lose_it before insert on strict for each row execute function lose_it()`);
      expect((await ends.failure({ table: "public.strict", writeMode: "append" })).code).toBe("DIGEST_MISMATCH");
    } finally {
      await ends.close();
    }
  });

  it("texts that a collation takes for equal differ", async () => {
    const ends = await openTwoEnds(await testServer());
    try {
      for (const client of [ends.source, ends.destination]) {
        await client.query(
          "create collation any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
        );
        await client.query("create table names (name text collate any_case)");
      }
      await ends.source.query("insert into names values ('Anna')");
      await ends.destination.query(`
        create function lower_it() returns trigger language plpgsql as $$ begin new.name := lower(new.name); return new; end $$;
        create trigger lower_it before insert on names for each row execute function lower_it()`);
      expect((await ends.failure({ table: "public.names", writeMode: "append" })).code).toBe("DIGEST_MISMATCH");
    } finally {
      await ends.close();
    }
  });

  it("between versions is text that both write alike, scales of numbers included", async () => {
    const debian = await debianServer();
    if (!debian) return;
    const ends = await openTwoEnds(debian, await testServer());
    try {
      await ends.source.query(
        "create table amounts (amount numeric(10,1), n int, c char(5), at timestamp(1)); insert into amounts values (1.5, 2, 'x', '2024-01-01 00:00:00.5')",
      );
      await ends.destination.query(
        "create table amounts (amount numeric(12,3), n numeric(20,2), c text, at timestamp(6))",
      );
      expect((await ends.copy({ table: "public.amounts" })).proof.isVerified).toBe(true);
    } finally {
      await ends.close();
    }
  });
});
