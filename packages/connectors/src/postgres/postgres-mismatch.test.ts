import type { Socket } from "node:net";
import { debianServer, testServer, type TestServer } from "@millrace/db/testing";
import type { RunIdentity, Side } from "@millrace/engine";
import { newId, type Verification } from "@millrace/shared";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openFaultProxy } from "./testing/fault-proxy.ts";
import { leftovers } from "./testing/structure-of.ts";
import { type CopyOptions, openTwoEnds, type TwoEnds } from "./testing/two-ends.ts";

const SECRET = "only-for-editors";
const older = await debianServer();
const SERVERS = [
  { name: "between two PostgreSQL 18", isMixed: false },
  ...(older ? [{ name: "from PostgreSQL 15 to 18", isMixed: true }] : []),
];

/** A function of a trigger that spoils three rows of a thousand on their way, and loses one. */
const SPOIL = `
  create or replace function spoil() returns trigger language plpgsql as $$ begin
    if new.id in (7, 500) then new.note := '${SECRET}'; end if;
    if new.id = 900 then new.id := -900; end if;
    if new.id = 12 then return null; end if;
    return new;
  end $$`;
const onInsert = (table: string, events = "insert") =>
  `create trigger spoil before ${events} on ${table} for each row execute function spoil()`;

describe.each(SERVERS)("a load whose digests differ $name", ({ isMixed }) => {
  let ends: TwoEnds;
  let servers: Record<Side, TestServer>;
  beforeAll(async () => {
    const server = await testServer();
    servers = { source: isMixed && older ? older : server, destination: server };
    ends = await openTwoEnds(servers.source, servers.destination);
    await ends.destination.query(SPOIL);
  });
  afterAll(() => ends.close());
  beforeEach(async () => {
    await ends.source.query(`drop table if exists items;
      create table items (id int primary key, n numeric(8, 2), note text);
      insert into items select i, i, 'note ' || i from generate_series(1, 1000) i`);
    await ends.destination.query(`drop table if exists items;
      create table items (id int primary key, n numeric(8, 2), note text)`);
  });

  const identity = (): RunIdentity => ({ pipelineId: newId(), runId: newId(), fence: 1 });

  /** The failure, what it found, and all that was said of it. */
  async function fail(options: Partial<CopyOptions> = {}) {
    const found: Verification[] = [];
    const log: string[] = [];
    const error = await ends.failure({
      table: "public.items",
      writeMode: "append",
      onMismatch: (one) => found.push(one),
      onLog: (_level, message) => log.push(message),
      ...options,
    });
    expect(log.join("\n") + JSON.stringify(error.toSummary())).not.toMatch(/only-for-editors|\b900\b/);
    return { error, found: found[0], times: found.length, log };
  }
  const rows = async (sql: string) => (await ends.destination.query(sql)).rows;

  const SPOILED = [
    { key: ["-900"], kind: "unexpected", columns: [] },
    { key: ["7"], kind: "different", columns: ["note"] },
    { key: ["12"], kind: "missing", columns: [] },
    { key: ["500"], kind: "different", columns: ["note"] },
    { key: ["900"], kind: "missing", columns: [] },
  ];
  const inOrder = (found: Verification | undefined) =>
    found?.differences.toSorted((a, b) => Number(a.key[0]) - Number(b.key[0]));

  it("lists the keys of the rows that were changed, added and lost on their way, and leaves the table as it was", async () => {
    await ends.destination.query(`insert into items values (5000, 0, 'of others'); ${onInsert("items")}`);
    const { error, found, times } = await fail();
    expect(error.params).toMatchObject({ side: "destination", table: "public.items" });
    expect(error.message).toBe(
      "What arrived differs from the source table public.items: 5 keys differ; 1000 rows at the source, 999 at the destination",
    );
    expect(times).toBe(1);
    expect(found).toMatchObject({
      isEqual: false,
      sourceRows: 1000,
      destinationRows: 999,
      keyColumns: ["id"],
      differenceCount: 5,
      isComplete: true,
      chunk: null,
    });
    expect(inOrder(found)).toEqual(SPOILED);
    expect(await rows("select id from items")).toEqual([{ id: "5000" }]);
    expect(await leftovers(ends.destination)).toEqual([]);
  });

  it("looks for nothing and says nothing where they agree", async () => {
    const found: Verification[] = [];
    const log: string[] = [];
    const options = { table: "public.items", writeMode: "append" } as const;
    await ends.copy({ ...options, onMismatch: (one) => found.push(one), onLog: (_level, line) => log.push(line) });
    expect(found).toEqual([]);
    expect(log.join("\n")).not.toMatch(/key/i);
  });

  it("lists a thousand of more keys and counts all", async () => {
    await ends.source.query("insert into items select i, i, 'note' from generate_series(1001, 5000) i");
    await ends.destination.query(`create or replace function spoil_all() returns trigger language plpgsql as $$ begin
        new.n := 0; new.note := 'x'; return new; end $$;
      create trigger spoil_all before insert on items for each row execute function spoil_all()`);
    const { found } = await fail();
    expect(found).toMatchObject({ differenceCount: 5000, isComplete: false });
    expect(found?.differences).toHaveLength(1000);
    expect(found?.differences.at(-1)).toEqual({ key: ["1000"], kind: "different", columns: ["n", "note"] });
  });

  it("does not list rows that were set aside", async () => {
    await ends.destination.query(`alter table items add check (n > 3); ${onInsert("items")}`);
    const { error, found } = await fail({ budget: { maxRows: 10 } });
    expect(error.code).toBe("DIGEST_MISMATCH");
    expect(found).toMatchObject({ sourceRows: 997, destinationRows: 996, differenceCount: 5 });
    expect(inOrder(found)).toEqual(SPOILED);
  });

  it("says why where rows have no key, or lack a value in it", async () => {
    await ends.source.query("alter table items drop constraint items_pkey");
    await ends.destination.query(`alter table items drop constraint items_pkey; ${onInsert("items")}`);
    const unkeyed = await fail();
    expect(unkeyed.found).toMatchObject({ keyColumns: [], differenceCount: null, differences: [] });
    expect(unkeyed.log).toContainEqual(expect.stringMatching(/^The table has no key that tells its rows apart/));
    await ends.source.query("alter table items alter id drop not null; update items set id = null where id = 3");
    await ends.destination.query("alter table items alter id drop not null");
    const { error, found, log } = await fail({ policies: { key: ["id"] } });
    expect(error.code).toBe("DIGEST_MISMATCH");
    expect(found).toMatchObject({ keyColumns: ["id"], differenceCount: null, differences: [] });
    expect(log).toContainEqual(expect.stringMatching(/^The keys that differ could not be listed: .*\bid\b/));
  });

  it("is about the chunk that differs, of a load in chunks", async () => {
    await ends.source.query(
      "insert into items select i, i, repeat(md5(i::text), 3) from generate_series(1001, 9000) i",
    );
    // A stage has no triggers of its own.
    await ends.destination.query(`drop table items;
      create or replace function spoil_stage() returns event_trigger language plpgsql as $$ declare made text; begin
        select object_identity into made from pg_event_trigger_ddl_commands() where object_type = 'table';
        if made like '%.stage\\_%' then
          execute format('create trigger spoil before insert on %s for each row execute function public.spoil()', made);
        end if;
      end $$;
      create event trigger spoil_stage on ddl_command_end when tag in ('CREATE TABLE') execute function spoil_stage()`);
    try {
      for (const parallelism of [1, 4]) {
        const { error, found, times } = await fail({
          writeMode: "replace",
          identity: identity(),
          parallelism,
          chunkBytes: 256 * 1024,
        });
        expect(error.message).toMatch(
          /: 5 keys differ; \d+ rows at the source, \d+ at the destination, in chunk 1 of [3-9]$/,
        );
        expect(times).toBe(1);
        expect(found?.chunk).toMatchObject({ number: 1 });
        expect(inOrder(found)).toEqual(SPOILED);
        expect(found?.sourceRows).toBeLessThan(9000);
      }
    } finally {
      await ends.destination.query("drop event trigger spoil_stage");
    }
    expect(await rows("select to_regclass('items') is null as gone")).toEqual([{ gone: "t" }]);
  });

  it.each(["merge", "history"] as const)(
    "lists the keys of rows that a trigger changes as they are brought to their keys, with %s",
    async (writeMode) => {
      const versions = ", valid_from timestamptz not null, valid_to timestamptz, is_current bool not null";
      const isHistory = writeMode === "history";
      await ends.destination.query(`drop table items;
        create table items (id int${isHistory ? "" : " primary key"}, n numeric(8, 2), note text${isHistory ? versions : ""});
        ${onInsert("items", "insert or update")}`);
      const { error, found } = await fail({ writeMode });
      expect(error.params).toMatchObject({ side: "destination" });
      // What has another key by now is not under a key that arrived.
      const differing = SPOILED.slice(1);
      expect(error.message).toMatch(/: 4 keys differ; 1000 rows at the source, 998 at the destination$/);
      expect(found).toMatchObject({ keyColumns: ["id"], differenceCount: 4, isComplete: true, chunk: null });
      expect(inOrder(found)).toEqual(differing);
      expect(await rows("select count(*) as count from items")).toEqual([{ count: "0" }]);
    },
  );

  it("merged into a table with an identity column, lists the columns that are compared", async () => {
    await ends.destination.query(`drop table items;
      create table items (id int generated by default as identity primary key, n numeric(8, 2), note text);
      ${onInsert("items", "insert or update")}`);
    const { found } = await fail({ writeMode: "merge" });
    expect(inOrder(found)).toEqual(SPOILED.slice(1));
  });

  /** A way to an end on which something happens as soon as keys are read one by one. */
  const beforeKeys = (side: Side, act: (socket: Socket) => void) =>
    openFaultProxy(servers[side], {
      fromClient: (bytes, socket) => {
        if (bytes.includes("declare millrace_prints")) act(socket);
        return "pass";
      },
    });

  it.each(["source", "destination"] as const)(
    "fails as it would have where the connection to the %s is lost while it looks for the keys",
    async (side) => {
      await ends.destination.query(onInsert("items"));
      const proxy = await beforeKeys(side, (socket) => socket.destroy());
      try {
        const { error, found, log } = await fail({ [`${side}Url`]: proxy.through(ends[`${side}Url`]) });
        expect(error).toMatchObject({ code: "DIGEST_MISMATCH", params: { side: "destination" } });
        expect(found).toMatchObject({ differenceCount: null, differences: [], sourceRows: 1000, destinationRows: 999 });
        expect(log.at(-1)).toBe(`The keys that differ could not be listed: The connection to the ${side} was lost`);
      } finally {
        await proxy.close();
      }
    },
  );

  it("is cancelled where somebody cancels it while it looks for the keys", async () => {
    await ends.destination.query(onInsert("items"));
    const controller = new AbortController();
    const proxy = await beforeKeys("destination", () => controller.abort());
    try {
      const { error, times } = await fail({
        destinationUrl: proxy.through(ends.destinationUrl),
        signal: controller.signal,
      });
      expect(error.code).toBe("RUN_CANCELLED");
      expect(times).toBe(0);
      expect(await rows("select count(*) as count from items")).toEqual([{ count: "0" }]);
    } finally {
      await proxy.close();
    }
  });
});
