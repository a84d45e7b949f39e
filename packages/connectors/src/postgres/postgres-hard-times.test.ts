import { debianServer, testServer } from "@millrace/db/testing";
import { ERRORS } from "@millrace/shared";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSmallDisk } from "./testing/small-disk.ts";
import { untilRow } from "./testing/slow-table.ts";
import { leftovers } from "./testing/structure-of.ts";
import { openTwoEnds, told, type TwoEnds } from "./testing/two-ends.ts";

/** faults.md 14, 21, 22, 26 and 71: servers that are full, busy or in use by others, and rows that are too large for anything. */
describe("a server that others use as well", () => {
  let ends: TwoEnds;
  let application: pg.Client;

  beforeAll(async () => {
    ends = await openTwoEnds(await testServer());
    application = new pg.Client({ connectionString: ends.destinationUrl, application_name: "shop" });
    await application.connect();
  });
  afterAll(async () => {
    await application.end();
    await ends.close();
  });

  it("that ends a run because of a deadlock has changed nothing, and the next run applies all of it once", async () => {
    await ends.source.query("create table stock (id int primary key, n int)");
    await ends.source.query("insert into stock select i, 1 from generate_series(1, 500) i");
    await ends.copy({ table: "public.stock", writeMode: "merge" });
    await ends.source.query("update stock set n = 2");
    // Whoever waits first looks for a circle after this time: the run, when the application has closed it.
    const { rows } = await ends.destination.query<{ name: string }>("select current_database() as name");
    await ends.destination.query(`alter database ${rows[0]?.name} set deadlock_timeout = '4s'`);
    await application.query("set deadlock_timeout = '10min'");

    await application.query("begin; update stock set n = n + 100 where id = 500");
    const failed = ends.failure({ table: "public.stock", writeMode: "merge" });
    await untilRow(
      ends.destination,
      "select 1 as waits from pg_locks where not granted and locktype = 'transactionid'",
    );
    await application.query("update stock set n = n + 100 where id = 1");
    const error = await failed;
    expect(error).toMatchObject({ code: "DEADLOCK", params: { side: "destination" } });
    expect(ERRORS[error.code].retry).toBe("auto");
    await application.query("commit");
    expect((await ends.destination.query("select sum(n) as sum from stock")).rows).toEqual([{ sum: "700" }]);

    const { proof } = await ends.copy({ table: "public.stock", writeMode: "merge" });
    expect(proof).toMatchObject({ isVerified: true, changes: { updated: 500, inserted: 0 } });
    expect(await ends.difference("public.stock")).toEqual([]);
  });

  it(
    "and lock a table for longer than half a minute are named, and leave the destination as it was",
    { timeout: 90_000 },
    async () => {
      await ends.source.query("create table locked (id int); create table free (id int)");
      await ends.destination.query("create table free (id int); insert into free values (7)");
      const atSource = new pg.Client({ connectionString: ends.sourceUrl, application_name: "nightly vacuum" });
      await atSource.connect();
      await atSource.query("begin; lock table locked in access exclusive mode");
      await application.query("begin; lock table free in access exclusive mode");

      const [ofSource, ofDestination] = await Promise.all([
        ends.failure({ table: "public.locked" }),
        ends.failure({ table: "public.free" }),
      ]);
      const holder = (client: pg.Client, name: string) =>
        `LOCK_TIMEOUT: The session ${processIdOf(client)} (user ${client.user ?? ""}, ${name}) holds a lock on`;
      expect(told(ofSource)).toBe(`${holder(atSource, "nightly vacuum")} public.locked`);
      expect(told(ofDestination)).toBe(`${holder(application, "shop")} public.free`);
      await atSource.end();
      await application.query("rollback");
      expect((await ends.destination.query("select id from free")).rows).toEqual([{ id: "7" }]);
      expect(await leftovers(ends.destination)).toEqual([]);
    },
  );

  it("and take all of its connections fails the run with its limit, to be tried again", async () => {
    const url = new URL(ends.sourceUrl);
    await ends.source.query(`create role one_only login password 'x' connection limit 1; create table busy (id int)`);
    await ends.source.query("grant select on busy to one_only");
    url.username = "one_only";
    url.password = "x";
    const holder = new pg.Client({ connectionString: url.href });
    await holder.connect();
    const error = await ends.failure({ table: "public.busy", sourceUrl: url.href });
    expect(error).toMatchObject({ code: "CONNECTION_LIMIT", params: { side: "source" } });
    expect(ERRORS[error.code].retry).toBe("auto");
    await holder.end();
    await untilRow(
      ends.source,
      "select 1 as free where not exists (select from pg_stat_activity where usename = 'one_only')",
    );
    expect((await ends.copy({ table: "public.busy", sourceUrl: url.href })).proof.isVerified).toBe(true);
    await ends.source.query("drop owned by one_only; drop role one_only");
  });
});

describe("a disk of the destination that is full", () => {
  it("leaves the rows that were there, and the run succeeds once there is space", async ({ skip }) => {
    const ends = await openTwoEnds(await testServer());
    const disk = await openSmallDisk(ends.destination);
    if (disk === null) {
      await ends.close();
      return skip("needs root and the right to mount a tmpfs");
    }
    await ends.source.query(
      "create table large as select i as id, repeat(md5(i::text), 10) as filler from generate_series(1, 120000) i",
    );
    await ends.destination.query(`
      create table large (id int, filler text) tablespace ${disk.tablespace};
      insert into large select i, 'old' from generate_series(1, 100) i`);
    for (const writeMode of ["replace", "append"] as const) {
      const error = await ends.failure({ table: "public.large", writeMode });
      expect(error, writeMode).toMatchObject({ code: "DISK_FULL", params: { side: "destination" } });
      expect((await ends.destination.query("select count(*), min(filler) from large")).rows).toEqual([
        { count: "100", min: "old" },
      ]);
      expect(await leftovers(ends.destination)).toEqual([]);
    }
    await ends.destination.query("alter table large set tablespace pg_default");
    expect((await ends.copy({ table: "public.large" })).proof.isVerified).toBe(true);
    await disk.close();
    await ends.close();
  });
});

describe("rows of hundreds of megabytes", () => {
  it(
    "pass where the bytes pass untouched, and else fail by name with the destination as it was",
    { timeout: 180_000 },
    async () => {
      const ends = await openTwoEnds(await testServer());
      await ends.source.query(`
      create table texts as select 1 as id, repeat('x', 256 * 1024 * 1024) as body;
      create table blobs (id int, body bytea); alter table blobs alter body set storage external;
      insert into blobs values (1, decode(repeat('ab', 600 * 1024 * 1024 / 2), 'escape'))`);
      expect((await ends.copy({ table: "public.texts" })).proof).toMatchObject({
        isVerified: true,
        wireFormat: "pg-binary",
      });
      expect((await ends.copy({ table: "public.blobs" })).proof).toMatchObject({
        isVerified: true,
        wireFormat: "pg-binary",
      });
      const length = async (table: string) =>
        (await ends.destination.query(`select sum(length(body)) as length from ${table}`)).rows[0].length;
      expect(await length("texts")).toBe(String(256 * 1024 ** 2));
      expect(await length("blobs")).toBe(String(600 * 1024 ** 2));

      // As text each byte takes two, which is more than PostgreSQL can send.
      await ends.destination.query(
        "drop table blobs; create table blobs (id int, body text); insert into blobs values (0, 'old')",
      );
      const error = await ends.failure({ table: "public.blobs" });
      expect(told(error)).toBe("ROW_TOO_LARGE: A row of public.blobs is larger than what can be moved");
      expect((await ends.destination.query("select body from blobs")).rows).toEqual([{ body: "old" }]);
      await ends.close();
    },
  );

  it(
    "fail by name where only their text can be compared, between major versions",
    { timeout: 120_000 },
    async ({ skip }) => {
      const older = await debianServer();
      if (older === null) return skip("needs the Debian package postgresql-15");
      const ends = await openTwoEnds(older, await testServer());
      await ends.source.query(`
      create table blobs (id int, body bytea); alter table blobs alter body set storage external;
      insert into blobs values (1, decode(repeat('ab', 600 * 1024 * 1024 / 2), 'escape'))`);
      const error = await ends.failure({ table: "public.blobs" });
      expect(error.code).toBe("ROW_TOO_LARGE");
      expect((await ends.copy({ table: "public.blobs", verify: false })).rowsWritten).toBe(1);
      await ends.close();
    },
  );
});

/** The driver has it, and its types do not. */
const processIdOf = (client: pg.Client): number => (client as unknown as { readonly processID: number }).processID;
