import { debianServer, testServer } from "@millrace/db/testing";
import type { QuarantinedRow, RunIdentity } from "@millrace/engine";
import { type LogLevel, newId } from "@millrace/shared";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type CopyOptions, openTwoEnds, type TwoEnds } from "./testing/two-ends.ts";

/** Some pages a chunk, so that a table of a few thousand rows has several. */
const CHUNK_BYTES = 256 * 1024;
const SECRET = "only-for-editors";

const tests = (ends: () => TwoEnds) => {
  beforeEach(async () => {
    await ends().source.query(`
      drop table if exists people;
      create table people (id int primary key, name text, age int, code text, mail text, note text);
      insert into people select i, 'n' || i, 30, 'abc', 'm' || i, repeat(md5(i::text), 3) from generate_series(1, 20000) i`);
    await ends().destination.query(`
      drop table if exists people; drop domain if exists lower_text;
      create domain lower_text as text check (value = lower(value));
      create table people (id int primary key, name text not null, age int constraint grown check (age >= 18),
        code varchar(5), mail lower_text, note text);
      insert into people values (0, 'old', 18, 'a', 'a', 'a')`);
  });

  const identity = (): RunIdentity => ({ pipelineId: newId(), runId: newId(), fence: 1 });

  /** A copy with what it set aside and what it said. */
  async function copy(options: Partial<CopyOptions>) {
    const rows: QuarantinedRow[] = [];
    const log: [LogLevel, string][] = [];
    const quarantine = {
      begin: async () => void (rows.length = 0),
      keep: async (more: readonly QuarantinedRow[]) => void rows.push(...more),
    };
    const said = (level: string, message: string) => log.push([level as LogLevel, message]);
    const request = { table: "public.people", quarantine, onLog: said, ...options };
    const ended = await ends()
      .copy(request)
      .then(
        (outcome) => ({ outcome, error: null }),
        (error: unknown) => ({ outcome: null, error }),
      );
    return { ...ended, rows, log: log.map(([, message]) => message).join("\n") };
  }

  const spoil = () =>
    ends().source.query(`
      update people set name = null where id in (7, 5000, 19999);
      update people set age = 3, note = '${SECRET}' where id in (8, 12000);
      update people set code = 'far too long' where id = 9;
      update people set mail = 'UPPER' where id in (10, 20000)`);

  it.each([
    ["in one transaction", {}],
    ["in chunks", { parallelism: 2, chunkBytes: CHUNK_BYTES }],
  ])(
    "rows that are refused %s are set aside with column, reason, key and value, and the others arrive",
    async (_how, how) => {
      await spoil();
      const { outcome, error, rows, log } = await copy({
        ...how,
        identity: identity(),
        budget: { maxRows: 8 },
      });
      expect(error).toBeNull();
      expect(outcome).toMatchObject({ rowsRead: 20_000, rowsWritten: 19_992, rowsQuarantined: 8 });
      expect(outcome?.proof.isVerified).toBe(true);
      const told = rows
        .map(({ key, column, code, sqlstate }) => [Number(key?.["id"]), column, code, sqlstate])
        .sort((a, b) => Number(a[0]) - Number(b[0]));
      expect(told).toEqual([
        [7, "name", "CONSTRAINT_VIOLATED", "23502"],
        [8, "age", "CONSTRAINT_VIOLATED", "23514"],
        [9, "code", "VALUE_OUT_OF_RANGE", "22001"],
        [10, "mail", "CONSTRAINT_VIOLATED", "23514"],
        [5000, "name", "CONSTRAINT_VIOLATED", "23502"],
        [12_000, "age", "CONSTRAINT_VIOLATED", "23514"],
        [19_999, "name", "CONSTRAINT_VIOLATED", "23502"],
        [20_000, "mail", "CONSTRAINT_VIOLATED", "23514"],
      ]);
      const eight = rows.find(({ key }) => key?.["id"] === "8");
      expect(eight).toMatchObject({
        values: { id: "8", age: "3", note: SECRET },
        reason: expect.stringContaining("grown"),
      });
      expect(log + rows.map(({ reason }) => reason).join()).not.toContain(SECRET);
      expect(log).toContain("8 rows were set aside");
      const set = "(7, 8, 9, 10, 5000, 12000, 19999, 20000)";
      await ends().source.query(`delete from people where id in ${set}`);
      expect(await ends().difference("public.people")).toEqual([]);
    },
  );

  it("without a budget the first of them fails the run, named by its key, and the destination is as it was", async () => {
    await ends().source.query("update people set name = null where id = 17777");
    const { error, rows } = await copy({ identity: identity() });
    expect(error).toMatchObject({
      code: "CONSTRAINT_VIOLATED",
      message: expect.stringContaining("id = 17777"),
      params: { column: "name", sqlstate: "23502", row: "id = 17777" },
    });
    expect(rows).toEqual([]);
    expect((await ends().destination.query("select id from people")).rows).toEqual([{ id: "0" }]);
  });

  it.each([
    ["rows", { maxRows: 7 }],
    ["per cent", { maxPercent: 0.035 }],
  ])(
    "over its budget of %s the run fails, says how many it saw, and the destination is as it was",
    async (_what, budget) => {
      await spoil();
      const { error } = await copy({
        identity: identity(),
        budget,
        parallelism: 2,
        chunkBytes: CHUNK_BYTES,
      });
      expect(error).toMatchObject({ code: "ERROR_BUDGET_EXCEEDED", params: { seen: 8 } });
      expect((await ends().destination.query("select id from people")).rows).toEqual([{ id: "0" }]);
    },
  );

  it("within a share of the rows it succeeds", async () => {
    await spoil();
    const { outcome } = await copy({ budget: { maxPercent: 0.04 } });
    expect(outcome?.rowsQuarantined).toBe(8);
  });

  it("of rows that are added to a table, those are set aside whose key is there or comes twice: the first stays", async () => {
    await ends().source.query(
      "alter table people drop constraint people_pkey; update people set id = 5 where id in (6, 12)",
    );
    await ends().destination.query("delete from people; insert into people values (100, 'here', 18, 'a', 'a', 'a')");
    const { outcome, rows } = await copy({
      writeMode: "append",
      identity: identity(),
      budget: { maxRows: 5 },
    });
    expect(outcome).toMatchObject({ rowsWritten: 19_997, rowsQuarantined: 3 });
    expect(outcome?.proof.isVerified).toBe(true);
    expect(rows.map(({ column, sqlstate, values }) => [column, sqlstate, values?.["id"]])).toEqual(
      expect.arrayContaining([
        ["id", "23505", "5"],
        ["id", "23505", "5"],
        ["id", "23505", "100"],
      ]),
    );
    expect((await ends().destination.query("select name from people where id = 100")).rows).toEqual([{ name: "here" }]);
  });

  it.each([
    ["in one transaction", {}],
    ["in chunks", { parallelism: 2, chunkBytes: CHUNK_BYTES }],
  ])("a key that is built over rows loaded %s keeps one row of each, and sets the others aside", async (_how, how) => {
    await ends().source.query(
      "alter table people drop constraint people_pkey; update people set id = 5 where id in (6, 12000)",
    );
    const { outcome, error, rows } = await copy({
      ...how,
      identity: identity(),
      budget: { maxRows: 2 },
    });
    expect(error).toBeNull();
    expect(outcome).toMatchObject({ rowsWritten: 19_998, rowsQuarantined: 2 });
    expect(outcome?.proof.isVerified).toBe(true);
    // Of texts with the same beginning, `n12000` comes before `n5` and `n6`.
    expect(rows.map(({ column, sqlstate, values }) => [column, sqlstate, values?.["name"]])).toEqual(
      expect.arrayContaining([
        ["id", "23505", "n5"],
        ["id", "23505", "n6"],
      ]),
    );
    const whole = await ends().source.query("delete from people where name in ('n5', 'n6')");
    expect(whole.rowCount).toBe(2);
    expect(await ends().difference("public.people")).toEqual([]);
    const { proof } = await ends().copy({ table: "public.people", toTable: "public.people_again" });
    expect(proof.destinationDigest).toEqual(outcome?.proof.destinationDigest);
    await ends().destination.query("drop table people_again");
  });

  it.each(["pg-binary", "pg-text", "batches"])(
    "one row in ten that COPY names, as %s, costs one COPY for each",
    async (format) => {
      await ends().destination.query(`drop sequence if exists asked; create sequence asked;
        drop table people; create table people (id int, name text not null, age int constraint grown check (age >= 18),
        code varchar(5), mail lower_text, note text);
        create or replace function count_copies() returns trigger language plpgsql as $$ begin perform nextval('asked'); return null; end $$;
        create trigger count_copies before insert on people for each statement execute function count_copies()`);
      await ends().source.query(`truncate people;
      insert into people select i, 'n' || i, case i % 20 when 3 then 3 else 30 end, case i % 20 when 13 then 'far too long' end
      from generate_series(1, 2000) i`);
      const { error, outcome, rows } = await copy({
        writeMode: "append",
        budget: { maxRows: 200 },
        wireFormats: [format],
      });
      expect(error).toBeNull();
      expect(outcome).toMatchObject({ rowsWritten: 1800, rowsQuarantined: 200, proof: { isVerified: true } });
      expect(new Set(rows.map(({ key, column }) => `${Number(key?.["id"]) % 20} ${column}`))).toEqual(
        new Set(["3 age", "13 code"]),
      );
      const [asked] = (await ends().destination.query<{ last_value: string }>("select last_value from asked")).rows;
      // Halving takes three for each.
      expect(Number(asked?.last_value)).toBeLessThan(200 + 20);
    },
  );

  it("many rows that a key refuses are handed over in batches, which are in memory one after the other", async () => {
    await ends().source.query(
      "alter table people drop constraint people_pkey; update people set id = 5 where id <= 451; alter table people add primary key (name)",
    );
    const batches: number[] = [];
    const quarantine = {
      begin: async () => undefined,
      keep: async (rows: readonly QuarantinedRow[]) => void batches.push(rows.length),
    };
    const { outcome, error } = await copy({ identity: identity(), budget: { maxRows: 450 }, quarantine });
    expect(error).toBeNull();
    expect(batches).toEqual([200, 200, 50]);
    expect(outcome).toMatchObject({ rowsWritten: 19_550, rowsQuarantined: 450 });
    expect(outcome?.proof.isVerified).toBe(true);
  });

  it("a key that finds more such rows than the budget has room for fails the run, and one without a budget names the row", async () => {
    await ends().source.query(
      "alter table people drop constraint people_pkey; update people set id = 5 where id < 20; alter table people add primary key (name)",
    );
    const over = await copy({ identity: identity(), budget: { maxRows: 3 } });
    expect(over.error).toMatchObject({ code: "ERROR_BUDGET_EXCEEDED", params: { seen: 4 } });
    const closed = await copy({ identity: identity() });
    expect(closed.error).toMatchObject({
      code: "CONSTRAINT_VIOLATED",
      params: { constraint: "people_pkey", column: "id", row: expect.stringMatching(/^name = n\d+$/) },
    });
    expect((await ends().destination.query("select id from people")).rows).toEqual([{ id: "0" }]);
  });

  it("rows whose foreign key points nowhere are set aside, and then those that pointed at them", async () => {
    await ends().source.query(`drop table if exists tree;
      create table tree (id int primary key, parent int, kind int);
      insert into tree values (1, null, 1), (2, 1, 9), (3, 2, 1), (4, 1, null)`);
    await ends().destination.query(`drop table if exists tree; drop table if exists kinds;
      create table kinds (id int primary key); insert into kinds values (1);
      create table tree (id int primary key, parent int constraint parent_fk references tree, kind int constraint kind_fk references kinds)`);
    const { outcome, error, rows } = await copy({
      table: "public.tree",
      identity: identity(),
      budget: { maxRows: 2 },
    });
    expect(error).toBeNull();
    expect(outcome?.rowsWritten).toBe(2);
    expect(rows.map(({ key, column, sqlstate }) => [key?.["id"], column, sqlstate])).toEqual([
      ["2", "kind", "23503"],
      ["3", "parent", "23503"],
    ]);
    await ends().destination.query("drop table tree; drop table kinds");
  });

  it("a merge sets rows aside in chunks, and deletes nothing then that the source may still have", async () => {
    await ends().destination.query("insert into people values (7, 'before', 18, 'a', 'a', 'a')");
    await spoil();
    await ends().source.query("update people set age = 30 where age = 3");
    const { outcome, error, log } = await copy({
      writeMode: "merge",
      identity: identity(),
      parallelism: 2,
      chunkBytes: CHUNK_BYTES,
      budget: { maxRows: 8 },
      policies: { deletes: { mode: "hard", maxPercent: 100 } },
    });
    expect(error).toBeNull();
    expect(outcome?.proof).toMatchObject({ isVerified: true, changes: { inserted: 19_994, deleted: 0 } });
    expect(log).toContain("Nothing was deleted");
    const { rows } = await ends().destination.query("select id, name from people where id in (0, 7) order by id");
    expect(rows).toEqual([
      { id: "0", name: "old" },
      { id: "7", name: "before" },
    ]);
  });

  it("37 of 200,000 are set aside for five reasons, and 199,963 arrive", async () => {
    await ends().source.query(`alter table people drop constraint people_pkey;
      insert into people select i, 'n' || i, 30, 'abc', 'm' || i, 'x' from generate_series(20001, 200000) i;
      update people set name = null where id % 25000 = 1;
      update people set age = 1 where id % 25000 = 2;
      update people set code = 'too long' where id % 25000 = 3;
      update people set mail = 'A' where id % 25000 = 4;
      update people set id = 5 where id in (50006, 60006, 70006, 80006, 199999)`);
    const { outcome, error, rows } = await copy({
      identity: identity(),
      parallelism: 2,
      chunkBytes: 4 * 1024 ** 2,
      budget: { maxRows: 50 },
    });
    expect(error).toBeNull();
    expect(outcome).toMatchObject({ rowsRead: 200_000, rowsWritten: 199_963, rowsQuarantined: 37 });
    expect(outcome?.proof.isVerified).toBe(true);
    const counts = Object.groupBy(rows, ({ column, sqlstate }) => `${column} ${sqlstate}`);
    expect(Object.fromEntries(Object.entries(counts).map(([what, of]) => [what, of?.length]))).toEqual({
      "name 23502": 8,
      "age 23514": 8,
      "code 22001": 8,
      "mail 23514": 8,
      "id 23505": 5,
    });
    expect(rows.every(({ reason, values }) => reason.length > 10 && values !== null)).toBe(true);
  });

  it("a claim that takes over copies a chunk again that has rows set aside, which are told of once", async () => {
    await spoil();
    // Where they were before they were spoilt, in chunks of their own.
    await ends().source.query("cluster people using people_pkey");
    const run = identity();
    const controller = new AbortController();
    const how = { parallelism: 1, chunkBytes: CHUNK_BYTES, budget: { maxRows: 20 } };
    let committed = 0;
    await ends().failure({
      ...how,
      table: "public.people",
      identity: run,
      isTriedAgain: () => true,
      signal: controller.signal,
      onLog: (_level, message) => {
        if (/^Chunk \d+: \d+ rows committed/.test(message) && ++committed === 9) controller.abort();
      },
    });
    const { outcome, rows, log } = await copy({ ...how, identity: { ...run, fence: 2 } });
    expect(log).toContain("were committed before; ");
    expect(outcome).toMatchObject({ rowsWritten: 19_992, rowsQuarantined: 8 });
    expect(rows.length).toBe(8);
    await ends().source.query("delete from people where id in (7, 8, 9, 10, 5000, 12000, 19999, 20000)");
    expect(await ends().difference("public.people")).toEqual([]);
  });

  /** A table of 300 rows that are added to those of a destination's. */
  const someEvents = async (
    structure: string,
    trigger = "before insert on events for each row",
    body = "return new;",
  ) => {
    await ends().source.query(`drop table if exists events;
      create table events (id int primary key, kind int, note text); insert into events select i, 1, 'n' || i from generate_series(1, 300) i`);
    await ends().destination
      .query(`drop table if exists events, kinds cascade; create table kinds (id int primary key); insert into kinds values (1);
      create table events (${structure}); insert into events values (5000, 1, 'theirs');
      create or replace function judge() returns trigger language plpgsql as $$ declare known int; begin ${body} end $$;
      create ${trigger.startsWith("after") ? "constraint " : ""}trigger judge ${trigger} execute function judge()`);
  };
  const add = (budget: NonNullable<CopyOptions["budget"]>, options: Partial<CopyOptions> = {}) =>
    copy({ table: "public.events", writeMode: "append", identity: identity(), budget, ...options });
  const theirs = [{ id: "5000", kind: "1", note: "theirs" }];
  const events = async () => (await ends().destination.query("select * from events order by id")).rows;
  const kinds = (rows: readonly QuarantinedRow[]) =>
    rows.map(({ key, column, sqlstate }) => [key?.["id"], column, sqlstate]);

  it("rows that a trigger refuses for a reason of its own are set aside, and nothing that it says is kept", async () => {
    await someEvents(
      "id int, kind int, note text",
      "before insert on events for each row",
      `case new.id when 3 then raise exception 'not %', new.note; when 4 then assert false, new.note;
        when 5 then select id into strict known from kinds where id = new.id;
        when 290 then raise exception using errcode = 'QQ001', message = new.note; else null; end case; return new;`,
    );
    await ends().source.query(`update events set note = '${SECRET}' where id in (3, 4, 5, 290)`);
    const { outcome, rows, log, error } = await add({ maxRows: 4 });
    expect(error).toBeNull();
    expect(outcome).toMatchObject({ rowsWritten: 296, rowsQuarantined: 4, proof: { isVerified: true } });
    expect(kinds(rows)).toEqual([
      ["3", null, "P0001"],
      ["4", null, "P0004"],
      ["5", null, "P0002"],
      ["290", null, "QQ001"],
    ]);
    expect(rows[0]).toMatchObject({ code: "DESTINATION_REFUSED", values: { note: SECRET } });
    expect(log + rows.map(({ reason }) => reason).join()).not.toContain(SECRET);
    expect((await add({ maxRows: 3 })).error).toMatchObject({ code: "ERROR_BUDGET_EXCEEDED" });
    expect((await add({})).error).toMatchObject({
      code: "DESTINATION_REFUSED",
      params: { sqlstate: "P0001", row: "id = 3" },
    });
    expect(await events()).toHaveLength(297);
  });

  it.each([
    ["refuses all at the statement", "for each statement", "raise exception 'closed';", 400],
    ["refuses all row by row", "for each row", "raise exception 'closed';", 10],
    ["speaks of the server", "for each row", "raise exception 'later' using errcode = '42501';", 400],
  ])("a trigger that %s is no row's fault, and the table is as it was", async (what, how, body, maxRows) => {
    await someEvents("id int, kind int, note text", `before insert on events ${how}`, body);
    const { error, rows } = await add({ maxRows });
    const code = what === "speaks of the server" ? "PRIVILEGE_MISSING" : "DESTINATION_REFUSED";
    expect([error, rows, await events()]).toMatchObject([{ code }, [], theirs]);
  });

  it.each(["full", "off"] as const)(
    "rows that are added are judged before the commit by what waits for it, with verification %s",
    async (verification) => {
      await someEvents(
        "id int unique deferrable initially deferred, kind int references kinds deferrable initially deferred, note text",
        "after insert on events deferrable initially deferred for each row",
        "if new.id = 9 then raise exception 'no'; end if; return null;",
      );
      await ends().source.query(
        "update events set kind = 4711 where id in (8, 280); insert into events values (5000, 1)",
      );
      const { outcome, rows, error } = await add({ maxRows: 4 }, { policies: { verification } });
      expect(error).toBeNull();
      expect(outcome).toMatchObject({ rowsWritten: 297, rowsQuarantined: 4 });
      expect(kinds(rows).toSorted(([a], [b]) => Number(a) - Number(b))).toEqual([
        ["8", "kind", "23503"],
        ["9", null, "P0001"],
        ["280", "kind", "23503"],
        ["5000", "id", "23505"],
      ]);
      expect((await add({}, { policies: { verification } })).error).toMatchObject({
        code: "CONSTRAINT_VIOLATED",
        params: { row: "id = 1" },
      });
      expect(await events()).toHaveLength(298);
    },
  );

  it("an exclusion constraint that is built over rows loaded in chunks keeps those whose text comes first", async () => {
    await someEvents("id int, kind int, note text, constraint apart exclude using btree (note with =)");
    await ends().destination.query("drop trigger judge on events");
    await ends().source.query(`update events set note = repeat('n', 200) || id;
      update events set note = 'n5' where id in (5, 6, 120)`);
    const how = { table: "public.events", identity: identity(), parallelism: 2, chunkBytes: 8192 };
    const { outcome, error, rows, log } = await copy({ ...how, budget: { maxRows: 2 } });
    expect(error).toBeNull();
    expect(log).toContain("chunks to copy, 2 at once");
    expect(outcome).toMatchObject({ rowsWritten: 298, rowsQuarantined: 2, proof: { isVerified: true } });
    // `(120,…` comes before `(5,…` and `(6,…`.
    expect(kinds(rows)).toEqual(["5", "6"].map((id) => [id, "note", "23P01"]));
    expect(rows[0]?.reason).toContain("apart");
    expect((await copy({ ...how, identity: identity(), budget: {} })).error).toMatchObject({
      code: "CONSTRAINT_VIOLATED",
      params: { constraint: "apart", column: "note", row: "id = 5" },
    });
    await ends().source.query("delete from events where id in (5, 6)");
    expect(await ends().difference("public.events")).toEqual([]);
  });

  it("rows that cannot travel in binary, with hostile names and values, are set aside as well", async () => {
    const name = 'a"b\\: x, line 1, column c: "';
    const quoted = `"${name.replaceAll('"', '""')}"`;
    await ends().source
      .query(`drop table if exists odd; create table odd (id int primary key, ${quoted} text, t regtype);
      insert into odd select i, E'a\\tb\\\\c\\nd' || i, 'int4' from generate_series(1, 3000) i;
      update odd set ${quoted} = null where id = 1234`);
    await ends().destination.query(
      `drop table if exists odd; create table odd (id int, ${quoted} text not null, t regtype)`,
    );
    const { outcome, rows, error } = await copy({ table: "public.odd", budget: { maxRows: 1 } });
    expect(error).toBeNull();
    expect(outcome?.proof.wireFormat).toBe("pg-text");
    expect(outcome).toMatchObject({ rowsWritten: 2999, rowsQuarantined: 1 });
    expect(rows[0]).toMatchObject({ column: name, key: { id: "1234" }, values: { [name]: null, t: "integer" } });
    await ends().source.query("delete from odd where id = 1234");
    expect(await ends().difference("public.odd")).toEqual([]);
  });
};

describe("rows that the destination refuses", () => {
  let ends: TwoEnds;
  beforeAll(async () => {
    ends = await openTwoEnds(await testServer());
  });
  afterAll(() => ends.close());
  tests(() => ends);
});

const older = await debianServer();

describe.skipIf(older === null)("rows that a destination of another major version refuses", () => {
  let ends: TwoEnds;
  beforeAll(async () => {
    if (older) ends = await openTwoEnds(await testServer(), older);
  });
  afterAll(() => ends?.close());
  tests(() => ends);
});
