import { testServer, type TestServer } from "@millrace/db/testing";
import type { Verification } from "@millrace/shared";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COPYING, SLOW_VIEW, untilRow } from "./testing/slow-table.ts";
import { leftovers } from "./testing/structure-of.ts";
import { type CopyOptions, openTwoEnds, told, type TwoEnds } from "./testing/two-ends.ts";

/** faults.md 4, 5, 13, 23, 24: each failure says what and where, and the destination is as it was. */
describe("failures", () => {
  let server: TestServer;
  let ends: TwoEnds;
  let guest: string;

  beforeAll(async () => {
    server = await testServer();
    ends = await openTwoEnds(server);
    const { rows } = await ends.destination.query("select current_database() as name");
    guest = `guest_of_${rows[0].name}`;
    await ends.source.query(`create role ${guest} login password 'guest'; ${SLOW_VIEW}`);
    await ends.source.query("create table secret (id int, note text); insert into secret values (1, 'classified')");
    await ends.destination.query(
      "create table slow (id int, pause bool, filler text); insert into slow values (0, null, 'old')",
    );
  });
  afterAll(async () => {
    await ends.destination.query(`drop owned by ${guest} cascade`);
    await ends.source.query(`drop owned by ${guest} cascade; drop role ${guest}`);
    await ends.close();
  });

  const asGuest = (url: string, password = "guest") => {
    const asked = new URL(url);
    asked.username = guest;
    asked.password = password;
    return asked.href;
  };

  async function failsAsItWas(options: CopyOptions): Promise<string> {
    const error = await ends.failure(options);
    expect(JSON.stringify(error.toSummary())).not.toContain("classified");
    expect(await leftovers(ends.destination)).toEqual([]);
    return `${told(error)} [${String(error.params["side"])}]`;
  }

  describe.each(["source", "destination"] as const)("a session of the %s that is ended in the middle", (side) => {
    it("fails the run with CONNECTION_LOST of that side and leaves the destination as it was", async () => {
      const failed = failsAsItWas({ table: "public.slow" });
      const { pid } = await untilRow(ends[side], COPYING);
      await ends[side].query("select pg_terminate_backend($1)", [pid]);
      expect(await failed).toBe(`CONNECTION_LOST: The connection to the ${side} was lost [${side}]`);
      expect((await ends.destination.query("select filler from slow")).rows).toEqual([{ filler: "old" }]);
    });
  });

  it.each([
    [
      "a table that is not there",
      { table: "public.absent" },
      "SOURCE_TABLE_MISSING: The source has no table public.absent [source]",
    ],
    [
      "a table of a schema that is not there",
      { table: "absent.secret" },
      "SOURCE_TABLE_MISSING: The source has no table absent.secret [source]",
    ],
  ])("%s", async (_what, options, expected) => {
    expect(await failsAsItWas(options)).toBe(expected);
  });

  it("a source table that the user may not read", async () => {
    expect(await failsAsItWas({ table: "public.secret", sourceUrl: asGuest(ends.sourceUrl) })).toBe(
      "PRIVILEGE_MISSING: The user of the source lacks a privilege on public.secret [source]",
    );
  });

  it("a source schema that the user may not enter", async () => {
    await ends.source.query("create schema closed; create table closed.secret (id int)");
    expect(await failsAsItWas({ table: "closed.secret", sourceUrl: asGuest(ends.sourceUrl) })).toBe(
      "PRIVILEGE_MISSING: The user of the source lacks a privilege on closed.secret [source]",
    );
  });

  it("rows that row policies of the source hide are warned of", async () => {
    await ends.source.query(`
      create table hiding (id int); insert into hiding values (1), (2); alter table hiding enable row level security;
      create policy odd on hiding using (id % 2 = 1); grant select on hiding to ${guest}`);
    const lines: string[] = [];
    const outcome = await ends.copy({
      table: "public.hiding",
      sourceUrl: asGuest(ends.sourceUrl),
      onLog: (level, message) => level === "warn" && lines.push(message),
    });
    expect(outcome.rowsWritten).toBe(1);
    expect(lines).toEqual(["Row policies of the source hide the rows that its user may not see"]);
  });

  it("a destination schema in which the user may not create", async () => {
    expect(await failsAsItWas({ table: "public.secret", destinationUrl: asGuest(ends.destinationUrl) })).toBe(
      "PRIVILEGE_MISSING: The user of the destination lacks a privilege on public.secret [destination]",
    );
  });

  it("a destination table of somebody else", async () => {
    await ends.destination.query(`
      create schema shared; grant all on schema shared to ${guest}; create table shared.secret (id int, note text); insert into shared.secret values (0, 'old')`);
    const options = { table: "public.secret", toTable: "shared.secret", destinationUrl: asGuest(ends.destinationUrl) };
    for (const writeMode of ["replace", "append"] as const) {
      expect(await failsAsItWas({ ...options, writeMode }), writeMode).toBe(
        "PRIVILEGE_MISSING: The user of the destination lacks a privilege on shared.secret [destination]",
      );
    }
    expect((await ends.destination.query("select note from shared.secret")).rows).toEqual([{ note: "old" }]);
  });

  it("a wrong password, and a database that is not there", async () => {
    expect(await failsAsItWas({ table: "public.secret", sourceUrl: asGuest(ends.sourceUrl, "wrong") })).toMatch(
      /^(AUTHENTICATION_FAILED|PRIVILEGE_MISSING).*\[source\]$/,
    );
    const absent = new URL(ends.destinationUrl);
    absent.pathname = "/absent";
    expect(await failsAsItWas({ table: "public.secret", destinationUrl: absent.href })).toBe(
      "DATABASE_MISSING: The destination has no database of that name [destination]",
    );
  });

  it.each([
    ["replace", "varchar(3)", "VALUE_OUT_OF_RANGE: A value does not fit the destination column note"],
    ["append", "varchar(3)", "VALUE_OUT_OF_RANGE: A value does not fit the destination column note"],
    [
      "replace",
      "text check (note <> 'classified')",
      "CONSTRAINT_VIOLATED: A row violates the constraint narrow_note_check of the destination table public.narrow",
    ],
    [
      "append",
      "text unique",
      "CONSTRAINT_VIOLATED: A row violates the constraint narrow_note_key of the destination table public.narrow",
    ],
    [
      "replace",
      "text unique",
      "CONSTRAINT_VIOLATED: A row violates the constraint narrow_note_key of the destination table public.narrow",
    ],
    [
      "append",
      "text references noted (note)",
      "CONSTRAINT_VIOLATED: A row violates the constraint narrow_note_fkey of the destination table public.narrow",
    ],
    [
      "replace",
      "text references noted (note)",
      "CONSTRAINT_VIOLATED: A row violates the constraint narrow_note_fkey of the destination table public.narrow",
    ],
  ] as const)("%s into a column of %s", async (writeMode, type, expected) => {
    await ends.source.query(
      "drop table if exists narrow; create table narrow (id int, note text); insert into narrow values (1, 'classified'), (2, 'classified')",
    );
    await ends.destination.query(`
      drop table if exists narrow, noted; create table noted (note text unique); insert into noted values ('old');
      create table narrow (id int, note ${type}); insert into narrow values (0, 'old')`);
    expect(await failsAsItWas({ table: "public.narrow", writeMode })).toBe(`${expected} [destination]`);
    expect((await ends.destination.query("select * from narrow")).rows).toEqual([{ id: "0", note: "old" }]);
  });

  it("a null for a column that takes none", async () => {
    await ends.source.query("create table holes (id int, note text); insert into holes values (1, null)");
    await ends.destination.query("create table holes (id int, note text not null)");
    for (const writeMode of ["replace", "append"] as const) {
      expect(await failsAsItWas({ table: "public.holes", writeMode })).toBe(
        "CONSTRAINT_VIOLATED: A row violates the constraint NOT NULL of note of the destination table public.holes [destination]",
      );
    }
  });

  it("a view of the source that fails while it is read", async () => {
    await ends.source.query(`
      create view failing as select i, 1 / (100000 - i) as part, 'classified'::text as note from generate_series(1, 200000) i`);
    expect(await failsAsItWas({ table: "public.failing" })).toBe(
      "SERVER_ERROR: The source refused a statement with the SQLSTATE 22012 [source]",
    );
  });

  it("a trigger that refuses a row, and a row policy", async () => {
    await ends.destination.query(`
      create table guarded (id int, note text);
      create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no: %', new.note; end $$;
      create trigger refuse before insert on guarded for each row execute function refuse()`);
    const options = { table: "public.secret", toTable: "public.guarded", writeMode: "append" } as const;
    expect(await failsAsItWas(options)).toBe(
      "DESTINATION_REFUSED: A trigger or policy of the destination refused the rows [destination]",
    );
    await ends.destination.query(`
      drop trigger refuse on guarded; alter table guarded enable row level security;
      create policy none on guarded with check (false); grant all on guarded to ${guest}`);
    expect((await ends.failure({ ...options, destinationUrl: asGuest(ends.destinationUrl) })).code).toBe(
      "DESTINATION_REFUSED",
    );
    expect((await ends.destination.query("select * from guarded")).rows).toEqual([]);
  });

  it("a trigger that changes what arrives is a digest mismatch, and nothing stays", async () => {
    const lines: string[] = [];
    const found: Verification[] = [];
    await ends.destination.query(`
      create table altered (id int, note text);
      create function alter_it() returns trigger language plpgsql as $$ begin new.note := 'other'; return new; end $$;
      create trigger alter_it before insert on altered for each row execute function alter_it()`);
    const options = { table: "public.secret", toTable: "public.altered", writeMode: "append" } as const;
    expect(
      await failsAsItWas({
        ...options,
        onMismatch: (one) => found.push(one),
        onLog: (level, message) => level !== "info" && level !== "debug" && lines.push(message),
      }),
    ).toBe(
      "DIGEST_MISMATCH: What arrived differs from the source table public.secret: 1 row at the source, 1 at the destination [destination]",
    );
    expect(lines).toEqual([
      expect.stringMatching(/^Digests differ: source 1:-?\d+:-?\d+, destination 1:-?\d+:-?\d+$/),
      "The table has no key that tells its rows apart, so only counts and digests were compared",
    ]);
    expect(found).toMatchObject([{ isEqual: false, keyColumns: [], differenceCount: null, differences: [] }]);
    expect((await ends.destination.query("select * from altered")).rows).toEqual([]);
    const unverified = await ends.copy({ ...options, verify: false });
    const unproved = { isVerified: null, sourceDigest: null, destinationDigest: null };
    expect(unverified.proof).toMatchObject({ ...unproved, verification: "off" });
    const counted = await ends.copy({ ...options, policies: { verification: "count" } });
    expect(counted.proof).toMatchObject({ ...unproved, verification: "count" });
  });

  it("a trigger that drops rows is a digest mismatch, a mismatch of counts where these are compared, and else unseen", async () => {
    await ends.destination.query(`
      create table dropped (id int, note text);
      create function drop_it() returns trigger language plpgsql as $$ begin return null; end $$;
      create trigger drop_it before insert on dropped for each row execute function drop_it()`);
    const options = { table: "public.secret", toTable: "public.dropped", writeMode: "append" } as const;
    expect((await ends.failure(options)).code).toBe("DIGEST_MISMATCH");
    expect(await failsAsItWas({ ...options, policies: { verification: "count" } })).toBe(
      "COUNT_MISMATCH: Of 1 rows that were read from public.secret, 0 arrived [destination]",
    );
    const { rowsRead, rowsWritten, proof } = await ends.copy({ ...options, verify: false });
    expect({ rowsRead, rowsWritten, verification: proof.verification }).toEqual({
      rowsRead: 1,
      rowsWritten: 0,
      verification: "off",
    });
  });
});
