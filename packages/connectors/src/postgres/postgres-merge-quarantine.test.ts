import { debianServer, testServer } from "@millrace/db/testing";
import type { QuarantinedRow, RunIdentity } from "@millrace/engine";
import { newId } from "@millrace/shared";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type CopyOptions, openTwoEnds, type TwoEnds } from "./testing/two-ends.ts";

const older = await debianServer();
const SERVERS = [
  { name: "in one transaction", isInChunks: false, isOlder: false },
  { name: "in chunks", isInChunks: true, isOlder: false },
  ...(older ? [{ name: "into PostgreSQL 15", isInChunks: true, isOlder: true }] : []),
];

const VERSIONS = "valid_from timestamptz not null, valid_to timestamptz, is_current boolean not null";

describe.each(SERVERS)("rows that the table of a merge refuses $name", ({ isInChunks, isOlder }) => {
  let ends: TwoEnds;

  beforeAll(async () => {
    const server = await testServer();
    ends = await openTwoEnds(server, isOlder && older ? older : server, { isInChunks });
  });
  afterAll(() => ends.close());
  beforeEach(async () => {
    await ends.source.query(`drop table if exists orders cascade;
      create table orders (id int primary key, customer int, code text, n int, at timestamptz not null default '2026-01-01');
      insert into orders select i, i % 100 + 1, 'c' || i, i, '2026-01-01' from generate_series(1, 1000) i`);
    await ends.destination
      .query(`drop table if exists orders, customers, audit cascade; drop function if exists judge cascade;
      create table customers (id int primary key); insert into customers select generate_series(1, 100);
      create table orders (id int primary key, customer int, code text, n int, at timestamptz)`);
  });

  const identity = (): RunIdentity => ({ pipelineId: newId(), runId: newId(), fence: 1 });
  const rows = async (sql: string) => (await ends.destination.query(sql)).rows;
  const change = (sql: string) => ends.destination.query(sql);

  /** A run with what it set aside, by the key, and how it ended. */
  async function merge(options: Partial<CopyOptions> = {}) {
    const kept: QuarantinedRow[] = [];
    const batches: number[] = [];
    const log: string[] = [];
    const ended = await ends
      .copy({
        table: "public.orders",
        writeMode: "merge",
        identity: identity(),
        budget: { maxRows: 10 },
        quarantine: {
          begin: async () => {},
          keep: async (more) => {
            kept.push(...more);
            batches.push(more.length);
          },
        },
        onLog: (_level, message) => void log.push(message),
        ...options,
      })
      .then(
        (outcome) => ({ outcome, error: null }),
        (error: unknown) => ({ outcome: null, error }),
      );
    const told = kept
      .map(({ key, column, sqlstate }) => [Number(key?.["id"]), column, sqlstate])
      .sort((a, b) => Number(a[0]) - Number(b[0]));
    return { ...ended, kept, told, batches, log: log.join("\n") };
  }

  /** Both ends hold the same, these rows left out. */
  const equalWithout = async (ids: readonly number[]) => {
    await ends.source.query("delete from orders where id = any ($1)", [ids]);
    await ends.destination.query("delete from orders where id = any ($1)", [ids]);
    expect(await ends.difference("public.orders")).toEqual([]);
  };

  it("for a foreign key are set aside with column and value, the others arrive, and what stands under their keys stays", async () => {
    await change(`insert into orders values (7, 1, 'before', 7, null), (5000, 1, 'gone', 1, null);
      alter table orders add constraint to_customer foreign key (customer) references customers`);
    await ends.source.query(
      "update orders set customer = 4711 where id in (7, 8, 900); update orders set customer = null where id = 9",
    );
    const { error, outcome, told, kept, log } = await merge({
      policies: { deletes: { mode: "hard", maxPercent: 100 } },
    });
    expect(error).toBeNull();
    expect(told).toEqual([7, 8, 900].map((id) => [id, "customer", "23503"]));
    expect(kept[0]).toMatchObject({
      code: "CONSTRAINT_VIOLATED",
      values: { customer: "4711" },
      reason: expect.stringContaining("to_customer"),
    });
    expect(outcome).toMatchObject({ rowsRead: 1000, rowsWritten: 997, rowsQuarantined: 3 });
    expect(outcome?.proof).toMatchObject({
      isVerified: true,
      changes: { inserted: 997, updated: 0, deleted: 0, unchanged: 0 },
    });
    expect(log).toContain("Nothing was deleted");
    expect(await rows("select id, code from orders where id in (7, 8, 900, 5000) order by id")).toEqual([
      { id: "7", code: "before" },
      { id: "5000", code: "gone" },
    ]);
    await equalWithout([7, 8, 900, 5000]);
  });

  it("fail the run without a budget, which names constraint, column and row and has changed nothing, deletes included", async () => {
    await change(`insert into orders values (5000, 1, 'gone', 1, null);
      alter table orders add constraint to_customer foreign key (customer) references customers`);
    await ends.source.query("update orders set customer = 4711 where id = 777");
    const policies = { deletes: { mode: "hard", maxPercent: 100 } } as const;
    const { error, kept } = await merge({ budget: {}, policies });
    expect(error).toMatchObject({
      code: "CONSTRAINT_VIOLATED",
      params: { constraint: "to_customer", column: "customer", sqlstate: "23503", row: "id = 777" },
    });
    expect(kept).toEqual([]);
    expect(await rows("select id from orders")).toEqual([{ id: "5000" }]);
    await ends.source.query("update orders set customer = 4711 where id <= 11");
    expect((await merge({ policies })).error).toMatchObject({ code: "ERROR_BUDGET_EXCEEDED", params: { seen: 11 } });
    expect(await rows("select id from orders")).toEqual([{ id: "5000" }]);
  });

  it("for a further unique key are those whose value another row holds, or that arrive after another with it", async () => {
    await change(`insert into orders values (2000, 1, 'c5', 1, null), (500, 1, 'c500', 1, null);
      create unique index code_once on orders (lower(code)) where code <> 'free'`);
    await ends.source
      .query(`update orders set code = 'C10' where id in (11, 12); update orders set code = 'C500' where id = 499;
      update orders set code = 'free' where id in (20, 21)`);
    const { error, outcome, told } = await merge();
    expect(error).toBeNull();
    expect(told).toEqual([5, 11, 12, 499].map((id) => [id, "lower(code)", "23505"]));
    expect(outcome).toMatchObject({ rowsWritten: 996, rowsQuarantined: 4, proof: { isVerified: true } });
    await equalWithout([5, 11, 12, 499, 2000]);
  });

  it("for a further unique key are not those that take what another row has let go of before", async () => {
    await merge();
    await change("alter table orders add constraint code_once unique (code)");
    // 3 takes what 2 gives; 4 wants what 5 gives only after it; 600 wants what nobody gives.
    await ends.source.query(`update orders set code = 'new' where id = 2; update orders set code = 'c2' where id = 3;
      update orders set code = 'c5' where id = 4; update orders set code = 'other' where id = 5; update orders set code = 'c700' where id = 600`);
    const { error, outcome, told } = await merge();
    expect(error).toBeNull();
    expect(told).toEqual([
      [4, "code", "23505"],
      [600, "code", "23505"],
    ]);
    expect(outcome?.proof).toMatchObject({ isVerified: true, changes: { updated: 3, unchanged: 995 } });
    // A key that waits for the end of the statement lets them pass values on as they like.
    await change("alter table orders drop constraint code_once, add constraint code_once unique (code) deferrable");
    expect((await merge()).told).toEqual([[600, "code", "23505"]]);
    await equalWithout([600]);
  });

  it("for a unique key that takes nulls for equal are set aside as well", async () => {
    await change("alter table orders add constraint code_once unique nulls not distinct (code)");
    await ends.source.query("update orders set code = null where id in (30, 31, 32)");
    const { error, told } = await merge();
    expect(error).toBeNull();
    expect(told).toEqual([31, 32].map((id) => [id, "code", "23505"]));
  });

  it("for constraints that wait for the commit are found before it", async () => {
    await change(`alter table orders add constraint to_customer foreign key (customer) references customers deferrable initially deferred,
      add constraint code_once unique (code) deferrable initially deferred`);
    await ends.source.query(
      "update orders set customer = 4711 where id = 7; update orders set code = 'c8' where id = 9",
    );
    const { error, outcome, told } = await merge();
    expect(error).toBeNull();
    expect(told).toEqual([
      [7, "customer", "23503"],
      [9, "code", "23505"],
    ]);
    expect(outcome?.proof.isVerified).toBe(true);
    await equalWithout([7, 9]);
  });

  it("for a foreign key to the table itself are set aside, and then those that refer to them", async () => {
    await ends.source.query(
      "alter table orders drop column customer; alter table orders add customer int; update orders set customer = id - 1 where id between 100 and 110; update orders set customer = 9999 where id = 105; update orders set customer = 3000 where id = 200",
    );
    await change(
      "alter table orders add constraint to_itself foreign key (customer) references orders; insert into orders values (3000, null, 'there', 1, null)",
    );
    const { error, outcome, told } = await merge();
    expect(error).toBeNull();
    expect(told).toEqual([105, 106, 107, 108, 109, 110].map((id) => [id, "customer", "23503"]));
    expect(outcome).toMatchObject({ rowsWritten: 994, proof: { isVerified: true } });
  });

  it("for a foreign key that holds for new rows alone are not those that are there already", async () => {
    await merge();
    await ends.source.query("update orders set customer = 4711 where id in (7, 8)");
    await merge();
    await change("alter table orders add constraint to_customer foreign key (customer) references customers not valid");
    await ends.source.query(
      "update orders set n = -1 where id in (7, 9); update orders set customer = 4712 where id = 10",
    );
    const { error, outcome, told } = await merge();
    expect(error).toBeNull();
    expect(told).toEqual([[10, "customer", "23503"]]);
    expect(outcome?.proof.changes).toMatchObject({ updated: 2 });
  });

  it("for a trigger, a CHECK behind one, an exclusion constraint or a missing partition are looked for in halves", async () => {
    await change(`drop table orders;
      create table orders (id int primary key, customer int, code text, n int constraint small check (n < 5000), at timestamptz, bonus int not null default 0,
        constraint bounded check (n + bonus >= 0)) partition by range (id);
      create table orders_low partition of orders for values from (0) to (990);
      create function judge() returns trigger language plpgsql as $$ begin
        if new.code = 'wrong' then raise exception 'no' using errcode = '22023'; end if;
        return new; end $$;
      create trigger judge before insert or update on orders_low for each row execute function judge()`);
    await ends.source
      .query(`update orders set code = 'wrong' where id in (3, 600); update orders set n = 5000 where id = 4;
      update orders set n = -1 where id = 5; delete from orders where id between 991 and 1000`);
    const { error, outcome, told } = await merge();
    expect(error).toBeNull();
    expect(told).toEqual([
      [3, null, "22023"],
      [4, "n", "23514"],
      [5, "n, bonus", "23514"],
      [600, null, "22023"],
      [990, null, "23514"],
    ]);
    expect(outcome).toMatchObject({ rowsWritten: 985, rowsQuarantined: 5, proof: { isVerified: true } });
    await change(
      "drop table orders; create table orders (id int primary key, customer int, code text, n int, at timestamptz)",
    );
    await change("alter table orders add constraint apart exclude using btree (n with =)");
    await ends.source.query("update orders set n = 300 where id in (200, 400)");
    const excluded = await merge();
    expect(excluded.error).toBeNull();
    expect(excluded.told).toEqual(
      expect.arrayContaining([
        [300, "n", "23P01"],
        [400, "n", "23P01"],
      ]),
    );
    expect(excluded.outcome?.proof.isVerified).toBe(true);
  });

  const judge = (body: string, how = "for each row") =>
    change(`drop trigger if exists judge on orders;
      create or replace function judge() returns trigger language plpgsql as $$ begin ${body} end $$;
      create trigger judge before insert or update on orders ${how} execute function judge()`);

  it("for a reason of a trigger's own are set aside, with or without versions, and fail the run without a budget", async () => {
    await judge("if new.id in (7, 400) then raise exception 'not %', new.code; end if; return new;");
    const { error, outcome, told, kept } = await merge();
    expect(error).toBeNull();
    expect(told).toEqual([7, 400].map((id) => [id, null, "P0001"]));
    expect(kept[0]).toMatchObject({ code: "DESTINATION_REFUSED", reason: expect.not.stringContaining("c7") });
    expect(outcome).toMatchObject({ rowsWritten: 998, rowsQuarantined: 2, proof: { isVerified: true } });
    const closed = await merge({ budget: {} });
    expect(closed.error).toMatchObject({ code: "DESTINATION_REFUSED", params: { sqlstate: "P0001", row: "id = 7" } });
    await change(
      `drop table orders; create table orders (id int, customer int, code text, n int, at timestamptz, ${VERSIONS})`,
    );
    await judge("assert new.id not in (8, 401); return new;");
    const versions = await merge({ writeMode: "history" });
    expect(versions.error).toBeNull();
    expect(versions.told).toEqual([8, 401].map((id) => [id, null, "P0004"]));
    expect(versions.outcome?.proof).toMatchObject({ isVerified: true, changes: { inserted: 998 } });
  });

  it("are none where a trigger refuses all of them, or the statement, and the run fails for that", async () => {
    await change("insert into orders values (7, 1, 'before', 7, null)");
    for (const [how, budget] of [
      ["for each row", { maxRows: 10 }],
      ["for each row", { maxPercent: 2 }],
      ["for each statement", { maxRows: 2000 }],
    ] as const) {
      await judge("raise exception 'closed';", how);
      const { error, kept } = await merge({ budget });
      expect(error, how).toMatchObject({ code: "DESTINATION_REFUSED", params: { sqlstate: "P0001" } });
      expect([kept, await rows("select id, code from orders")]).toEqual([[], [{ id: "7", code: "before" }]]);
    }
    await judge("if new.id <= 11 then raise exception 'closed'; end if; return new;");
    expect((await merge()).error).toMatchObject({ code: "ERROR_BUDGET_EXCEEDED", params: { seen: 11 } });
  });

  it("for rows of other tables that refer to what would go fail the run, as nothing that arrives is at fault", async () => {
    await change(`insert into orders values (5000, 1, 'gone', 1, null);
      create table audit (id int constraint to_order references orders); insert into audit values (5000)`);
    const { error, kept } = await merge({ policies: { deletes: { mode: "hard", maxPercent: 100 } } });
    expect(error).toMatchObject({ code: "CONSTRAINT_VIOLATED", params: { constraint: "to_order" } });
    expect([kept, await rows("select id from orders")]).toEqual([[], [{ id: "5000" }]]);
  });

  it("are given over in batches, and those of an incremental run keep their keys from being deleted, and its position goes on", async () => {
    await ends.source.query("update orders set customer = 1, at = '2026-01-02' where id <= 500");
    const run = identity();
    const policies = {
      incremental: { cursor: "at", nulls: "include", barrierSeconds: 30, lag: null },
      deletes: { mode: "hard", maxPercent: 100 },
    } as const;
    await merge({ identity: run, policies });
    await change("alter table orders add constraint to_customer foreign key (customer) references customers");
    await ends.source.query(
      "update orders set customer = 4711, at = '2026-01-03' where id <= 450; delete from orders where id in (460, 800)",
    );
    const next = { ...run, runId: newId(), fence: 2 };
    const { error, outcome, batches } = await merge({ identity: next, policies, budget: { maxRows: 450 } });
    expect(error).toBeNull();
    expect(batches).toEqual([200, 200, 50]);
    expect(outcome).toMatchObject({
      rowsQuarantined: 450,
      proof: { isVerified: true, changes: { updated: 0, deleted: 2 } },
    });
    expect(await rows("select count(*) as n, max(customer) as customer from orders where id <= 450")).toEqual([
      { n: "450", customer: "1" },
    ]);
    expect((await merge({ identity: { ...run, runId: newId(), fence: 3 }, policies, budget: {} })).error).toMatchObject(
      {
        code: "CONSTRAINT_VIOLATED",
      },
    );
  });

  it("of rows with one key are refused for what the last one holds, and none before it is taken in its place", async () => {
    await ends.source.query(`alter table orders drop constraint orders_pkey;
      insert into orders values (7, 4711, 'last', 1, '2026-02-02')`);
    await change("alter table orders add constraint to_customer foreign key (customer) references customers");
    const policies = {
      key: ["id"],
      incremental: { cursor: "at", nulls: "include" as const, barrierSeconds: 30, lag: null },
    } satisfies CopyOptions["policies"];
    const { error, outcome, kept } = await merge({ policies });
    expect(error).toBeNull();
    expect(kept.map(({ values }) => values?.["code"])).toEqual(["last"]);
    expect(outcome?.proof).toMatchObject({ isVerified: true, changes: { inserted: 999, duplicates: 1 } });
    expect(await rows("select from orders where id = 7")).toEqual([]);
  });

  it("are judged by the mark of deletion that they would lose", async () => {
    const policies = { deletes: { mode: "soft", column: "deleted_at", maxPercent: 100 } } as const;
    await change(
      "alter table orders add deleted_at timestamptz; create unique index code_once on orders (code) where deleted_at is null",
    );
    await merge({ policies });
    await ends.source.query("delete from orders where id = 1");
    await merge({ policies });
    await ends.source.query("update orders set code = 'c1' where id = 2");
    expect((await merge({ policies })).told).toEqual([]);
    await ends.source.query("insert into orders values (1, 1, 'c1', 1)");
    const { error, told } = await merge({ policies });
    expect(error).toBeNull();
    expect(told).toEqual([[1, "code", "23505"]]);
    expect(
      await rows("select id, code, deleted_at is null as is_there from orders where id in (1, 2) order by id"),
    ).toEqual([
      { id: "1", code: "c1", is_there: "f" },
      { id: "2", code: "c1", is_there: "t" },
    ]);
    const more = {
      ...policies,
      incremental: { cursor: "at", nulls: "include", barrierSeconds: 30, lag: null },
    } as const;
    const run = identity();
    await change("drop index code_once");
    await ends.source.query("delete from orders where id = 1");
    expect((await merge({ policies: more, identity: run })).outcome?.proof.changes).toMatchObject({ deleted: 0 });
    await change("create unique index code_once on orders (code) where deleted_at is null");
    await ends.source.query("insert into orders values (1, 1, 'c1', 1, '2026-01-02')");
    const next = await merge({ policies: more, identity: { ...run, runId: newId(), fence: 2 } });
    expect([next.error, next.told]).toEqual([null, [[1, "code", "23505"]]]);
    expect(await rows("select id from orders where deleted_at is null and code = 'c1'")).toEqual([{ id: "2" }]);
  });

  it("of a history leave the version that is current as it was", async () => {
    await change(`alter table orders drop constraint orders_pkey; drop table orders;
      create table orders (id int, customer int constraint to_customer references customers, code text, n int, at timestamptz, ${VERSIONS});
      create unique index code_once on orders (code) where is_current`);
    const history = { writeMode: "history" } as const;
    expect((await merge(history)).outcome?.proof.changes).toMatchObject({ inserted: 1000 });
    // 5 and 6 change places, 7 refers to nothing, 8 and 1001 want what 9 has, which itself changes otherwise.
    await ends.source.query(`update orders set code = case id when 5 then 'c6' else 'c5' end where id in (5, 6);
      update orders set customer = 4711 where id = 7; update orders set code = 'c9' where id = 8; update orders set n = 0 where id = 9;
      insert into orders values (1001, 1, 'c9', 1)`);
    const { error, outcome, told } = await merge(history);
    expect(error).toBeNull();
    expect(told).toEqual([
      [7, "customer", "23503"],
      [8, "code", "23505"],
      [1001, "code", "23505"],
    ]);
    expect(outcome?.proof).toMatchObject({ isVerified: true, changes: { inserted: 0, updated: 3, unchanged: 995 } });
    const versions =
      "select id, code, customer, is_current, valid_to is null as is_open from orders where id in (5, 7, 8, 1001) order by id, valid_from";
    const open = { is_current: "t", is_open: "t" };
    expect(await rows(versions)).toEqual([
      { id: "5", code: "c5", customer: "6", is_current: "f", is_open: "f" },
      { id: "5", code: "c6", customer: "6", ...open },
      { id: "7", code: "c7", customer: "8", ...open },
      { id: "8", code: "c8", customer: "9", ...open },
    ]);
    // What overlaps with a version of another row, and what a trigger takes for wrong, only halves tell of.
    await change(`create function judge() returns trigger language plpgsql as $$ begin
        if new.n = 666 and new.is_current then raise exception 'no' using errcode = 'check_violation', constraint = 'judged'; end if;
        return new; end $$;
      create trigger judge before insert on orders for each row execute function judge()`);
    await ends.source.query(
      "delete from orders where id in (8, 1001); update orders set customer = 1 where id = 7; update orders set n = 666 where id in (10, 11); update orders set n = 1 where id = 12",
    );
    const judged = await merge(history);
    expect(judged.error).toBeNull();
    expect(judged.told).toEqual([10, 11].map((id) => [id, null, "23514"]));
    expect(judged.outcome?.proof).toMatchObject({ isVerified: true, changes: { updated: 2 } });
    expect(await rows("select n from orders where id = 10")).toEqual([{ n: "10" }]);
  });
});

it("more rows than are put in order beforehand are merged without those that the table refuses", async () => {
  const ends = await openTwoEnds(await testServer());
  try {
    await ends.source.query(`create table many (id int primary key, kind int);
      insert into many select i, case when i % 100000 = 7 then 9 else 1 end from generate_series(1, 500007) i`);
    // Most are there, so that what takes its time is not the writing of them.
    await ends.destination.query(`create table kinds (id int primary key); insert into kinds values (1);
      create table many (id int primary key, kind int);
      insert into many select i, case when i > 499990 then 0 else 1 end from generate_series(1, 500000) i where i % 100000 <> 7;
      alter table many add constraint to_kind foreign key (kind) references kinds not valid`);
    const { rowsWritten, rowsQuarantined, proof } = await ends.copy({
      table: "public.many",
      writeMode: "merge",
      budget: { maxRows: 6 },
    });
    expect([rowsWritten, rowsQuarantined, proof.isVerified]).toEqual([500_001, 6, true]);
    expect(proof.changes).toMatchObject({ inserted: 6, updated: 10 });
    const { rows } = await ends.destination.query(
      "select count(*) as n, min(kind) as first, max(kind) as last from many",
    );
    expect(rows).toEqual([{ n: "500001", first: "1", last: "1" }]);
  } finally {
    await ends.close();
  }
}, 120_000);
