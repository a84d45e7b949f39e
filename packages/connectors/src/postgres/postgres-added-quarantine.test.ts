import { debianServer, testServer } from "@millrace/db/testing";
import type { QuarantinedRow } from "@millrace/engine";
import { newId } from "@millrace/shared";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type CopyOptions, openTwoEnds, type TwoEnds } from "./testing/two-ends.ts";

const older = await debianServer();
const WAYS = [
  { name: "in one transaction", isInChunks: false, isOlder: false },
  { name: "in chunks", isInChunks: true, isOlder: false },
  ...(older ? [{ name: "in chunks to PostgreSQL 15", isInChunks: true, isOlder: true }] : []),
];

// The column `more`, which the table gets in the run, is why they take a stage.
describe.each(WAYS)(
  "rows that a table refuses as they are added to it from a stage $name",
  ({ isInChunks, isOlder }) => {
    let ends: TwoEnds;

    beforeAll(async () => {
      const server = await testServer();
      ends = await openTwoEnds(server, isOlder && older ? older : server, { isInChunks });
    });
    afterAll(() => ends.close());
    beforeEach(async () => {
      await ends.source.query(`drop table if exists orders;
      create table orders (id int primary key, customer int, code text, n int, more text);
      insert into orders select i, i % 100 + 1, 'c' || i, i, repeat('x', 60) from generate_series(1, 400) i`);
      await ends.destination
        .query(`drop table if exists orders, customers cascade; drop function if exists judge cascade;
      create table customers (id int primary key); insert into customers select generate_series(1, 100);
      create table orders (id int, customer int, code text, n int); insert into orders values (9000, 1, 'theirs', 9000)`);
    });

    const rows = async (sql: string) => (await ends.destination.query(sql)).rows;
    const change = (sql: string) => ends.destination.query(sql);
    const judge = (when: string, body: string) =>
      change(`create or replace function judge() returns trigger language plpgsql as $$ begin ${body} end $$;
      create trigger judge ${when} execute function judge()`);

    /** A run with what it set aside, by the key, and how it ended. */
    async function append(options: Partial<CopyOptions> = {}) {
      const kept: QuarantinedRow[] = [];
      const ended = await ends
        .copy({
          table: "public.orders",
          writeMode: "append",
          policies: { schemaChange: "evolve" },
          schema: { agreed: null, accepted: null },
          identity: { pipelineId: newId(), runId: newId(), fence: 1 },
          budget: { maxRows: 10 },
          quarantine: { begin: async () => {}, keep: async (more) => void kept.push(...more) },
          ...options,
        })
        .then(
          (outcome) => ({ outcome, error: null }),
          (error: unknown) => ({ outcome: null, error }),
        );
      const told = kept
        .map(({ key, column, sqlstate }) => [Number(key?.["id"]), column, sqlstate])
        .sort((a, b) => Number(a[0]) - Number(b[0]));
      return { ...ended, kept, told };
    }

    const theirs = { id: "9000", customer: "1", code: "theirs", n: "9000" };
    /** What is there beside the others' row is the source without these. */
    const arrivedWithout = async (ids: readonly number[]) => {
      await ends.source.query("delete from orders where id = any ($1)", [ids]);
      await ends.destination.query(
        "alter table orders drop constraint if exists to_itself; delete from orders where id = 9000",
      );
      expect(await ends.difference("public.orders")).toEqual([]);
    };

    it("for keys and foreign keys, those that wait for the commit included, are set aside with column and value", async () => {
      await change(`alter table orders add constraint to_customer foreign key (customer) references customers deferrable initially deferred,
        add constraint known unique (id), add constraint to_itself foreign key (n) references orders (id);
      create unique index code_once on orders (lower(code)) where code <> 'free'`);
      await ends.source.query(`update orders set customer = 4711 where id in (7, 8);
      update orders set code = case when id < 30 then 'free' when id = 33 then 'THEIRS' else 'C35' end where id in (20, 21, 33, 36, 37);
      update orders set n = case id when 50 then 9999 when 51 then 50 else 9000 end where id between 50 and 52`);
      const { error, outcome, told, kept } = await append();
      expect(error).toBeNull();
      expect(told).toEqual([
        [7, "customer", "23503"],
        [8, "customer", "23503"],
        [33, "lower(code)", "23505"],
        [36, "lower(code)", "23505"],
        [37, "lower(code)", "23505"],
        [50, "n", "23503"],
        [51, "n", "23503"],
      ]);
      expect(kept.find(({ key }) => key?.["id"] === "8")).toMatchObject({
        code: "CONSTRAINT_VIOLATED",
        values: { customer: "4711", code: "c8" },
        reason: expect.stringContaining("to_customer"),
      });
      expect(outcome).toMatchObject({ rowsRead: 400, rowsWritten: 393, rowsQuarantined: 7 });
      expect(outcome?.proof).toMatchObject({ isVerified: true, destinationDigest: { rowCount: 393 } });
      await arrivedWithout([7, 8, 33, 36, 37, 50, 51]);
    });

    it("for a trigger, a CHECK, an exclusion constraint or a missing partition are looked for in halves", async () => {
      await change(`drop table orders;
      create table orders (id int, customer int, code text, n int constraint small check (n < 5000), bonus int default 0,
        constraint bounded check (n + bonus >= 0)) partition by range (id);
      create table orders_low partition of orders for values from (0) to (390);
      alter table orders_low add constraint apart exclude using btree (code with =)`);
      await judge(
        "before insert on orders_low for each row",
        `if new.n = -3 then raise exception 'not %', new.n; end if; assert new.n <> -4, new.n;
       if new.n = -5 then raise exception using errcode = 'QQ001', message = new.code; end if; return new;`,
      );
      await ends.source
        .query(`update orders set n = -id where id between 3 and 6; update orders set n = 6000 where id = 7;
      update orders set code = 'c100' where id = 101; delete from orders where id > 390`);
      const { error, outcome, told, kept } = await append();
      expect(error).toBeNull();
      expect(told).toEqual([
        [3, null, "P0001"],
        [4, null, "P0004"],
        [5, null, "QQ001"],
        [6, "n, bonus", "23514"],
        [7, "n", "23514"],
        [101, null, "23P01"],
        [390, null, "23514"],
      ]);
      const third = kept.find(({ key }) => key?.["id"] === "3");
      expect(third).toMatchObject({ code: "DESTINATION_REFUSED", reason: expect.not.stringContaining("-3") });
      expect(outcome).toMatchObject({ rowsWritten: 383, rowsQuarantined: 7, proof: { isVerified: true } });
      await change("alter table orders drop column bonus");
      await arrivedWithout([3, 4, 5, 6, 7, 101, 390]);
    });

    it("for a CHECK or NOT NULL of columns that arrive are found before any row comes to the table", async () => {
      await change(`create sequence if not exists tries; alter sequence tries restart;
      alter table orders add column try bigint default nextval('tries'), alter column code set not null,
        add constraint small check (n < 5000) not valid, add constraint whole check (orders is distinct from null);
      update orders set n = 1; alter table orders validate constraint small; alter sequence tries restart`);
      await ends.source.query(
        "update orders set n = 6000 where id % 40 = 3; update orders set code = null where id = 4",
      );
      const { error, outcome, told } = await append({ budget: { maxRows: 11 } });
      expect(error).toBeNull();
      const small = Array.from({ length: 10 }, (_, at) => [3 + 40 * at, "n", "23514"]);
      expect(told).toEqual([small[0], [4, "code", "23502"], ...small.slice(1)]);
      expect(outcome).toMatchObject({ rowsWritten: 389, rowsQuarantined: 11, proof: { isVerified: true } });
      expect(await rows("select last_value from tries")).toEqual([{ last_value: "389" }]);
    });

    it("by a CHECK or NOT NULL for what a trigger mends are taken", async () => {
      await change(
        "alter table orders add constraint small check (n < 5000) not valid, alter column code set not null",
      );
      await change("update orders set n = 1; alter table orders validate constraint small");
      await judge(
        "before insert on orders for each row",
        "new.code := coalesce(new.code, 'none'); if new.n = 6000 then new.n := 7; end if; return new;",
      );
      await ends.source.query("update orders set n = 6000 where id = 7; update orders set code = null where id = 8");
      const { kept, error } = await append({ policies: { schemaChange: "evolve", verification: "count" } });
      expect([kept, error]).toEqual([[], null]);
      expect(await rows("select n, code from orders where id in (7, 8) order by id")).toEqual([
        { n: "7", code: "c7" },
        { n: "8", code: "none" },
      ]);
    });

    it("fail the run over the budget and without one, and the table stays as it was", async () => {
      await change("alter table orders add constraint to_customer foreign key (customer) references customers");
      await ends.source.query("update orders set customer = 4711 where id <= 11");
      expect((await append()).error).toMatchObject({ code: "ERROR_BUDGET_EXCEEDED", params: { seen: 11 } });
      expect((await append({ budget: { maxPercent: 2 } })).error).toMatchObject({ params: { seen: 9 } });
      await ends.source.query("update orders set customer = 1 where id <> 7");
      const { error, kept } = await append({ budget: {} });
      expect(error).toMatchObject({
        code: "CONSTRAINT_VIOLATED",
        params: { constraint: "to_customer", column: "customer", sqlstate: "23503", row: "id = 7" },
      });
      expect([kept, await rows("select * from orders")]).toEqual([[], [theirs]]);
    });

    it.each([
      ["of the statement", "before insert on orders for each statement", 1000],
      ["of each row", "before insert on orders for each row", 10],
    ])("are none where a trigger %s refuses all, which fails the run as ever", async (_what, when, maxRows) => {
      await judge(when, "raise exception 'closed';");
      const { error, kept } = await append({ budget: { maxRows } });
      expect(error).toMatchObject({ code: "DESTINATION_REFUSED", params: { sqlstate: "P0001" } });
      expect([kept, await rows("select * from orders")]).toEqual([[], [theirs]]);
    });
  },
);
