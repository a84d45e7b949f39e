import { testServer } from "@millrace/db/testing";
import type { RunIdentity } from "@millrace/engine";
import { newId, type RowChanges } from "@millrace/shared";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type CopyOptions, openTwoEnds, type TwoEnds } from "./testing/two-ends.ts";

const none: RowChanges = { inserted: 0, updated: 0, deleted: 0, unchanged: 0, duplicates: 0 };
type Incremental = NonNullable<NonNullable<CopyOptions["policies"]>["incremental"]>;

/** faults.md 27 to 38, and the section about the cursor. */
describe("an incremental read", () => {
  let ends: TwoEnds;
  let identity: RunIdentity;
  let log: string[];

  beforeAll(async () => {
    ends = await openTwoEnds(await testServer());
  });
  afterAll(() => ends.close());
  beforeEach(async () => {
    identity = { pipelineId: newId(), runId: newId(), fence: 0 };
    await ends.destination.query("drop table if exists items");
    await ends.source.query(`drop table if exists items cascade;
      create table items (id int primary key, at timestamptz default now(), note text);
      create index on items (at)`);
  });

  const options = (incremental: Partial<Incremental> = {}, more: Partial<CopyOptions> = {}): CopyOptions => {
    identity = { ...identity, runId: newId(), fence: identity.fence + 1 };
    log = [];
    return {
      table: "public.items",
      writeMode: "merge",
      identity,
      onLog: (_level, message) => void log.push(message),
      ...more,
      policies: { ...more.policies, incremental: { cursor: "at", ...incremental } },
    };
  };
  const run = async (incremental: Partial<Incremental> = {}, more: Partial<CopyOptions> = {}) => {
    const { proof, rowsRead } = await ends.copy(options(incremental, more));
    expect(proof.isVerified).toBe(true);
    return { ...proof.changes, rowsRead };
  };
  const position = async () => {
    const { rows } = await ends.destination.query(
      "select position -> 'cursor' ->> 'value' as value from _millrace.position where pipeline_id = $1",
      [identity.pipelineId],
    );
    return rows[0]?.value as string | null;
  };
  const difference = () => ends.difference("public.items");
  async function connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: ends.sourceUrl });
    await client.connect();
    return client;
  }

  it("reads all rows once, and then those at and after its position", async () => {
    await ends.source.query(
      "insert into items select i, timestamptz '2026-01-01' + i * interval '1 s' from generate_series(1, 1000) i",
    );
    expect(await run()).toEqual({ ...none, inserted: 1000, rowsRead: 1000 });
    expect(await run()).toEqual({ ...none, unchanged: 1, rowsRead: 1 });
    await ends.source.query(
      "update items set note = 'new', at = now() where id <= 10; insert into items values (2000)",
    );
    expect(await run()).toEqual({ ...none, inserted: 1, updated: 10, unchanged: 1, rowsRead: 12 });
    expect(await difference()).toEqual([]);
  });

  it("brings all rows of one cursor, though a run is stopped among them", async () => {
    await ends.source.query("insert into items select i, '2026-01-01' from generate_series(1, 1000) i");
    const controller = new AbortController();
    const stopped = options(
      {},
      { signal: controller.signal, onLog: (_l, text) => text.startsWith("Verified") && controller.abort() },
    );
    expect((await ends.failure(stopped)).code).toBe("RUN_CANCELLED");
    expect(await run()).toEqual({ ...none, inserted: 1000, rowsRead: 1000 });
    await ends.source.query("insert into items select i, '2026-01-01' from generate_series(1001, 2000) i");
    expect(await run()).toEqual({ ...none, inserted: 1000, unchanged: 1000, rowsRead: 2000 });
    expect(await difference()).toEqual([]);
  });

  it.each([
    ["by a time, which has written", "at", "insert into items (id) values (1)", true],
    ["by a time, which has only looked so far", "at", "select count(*) from items", false],
    ["by a serial number", "id", "insert into items values (1)", true],
  ])(
    "waits for a transaction that commits late with an earlier cursor, %s",
    async (_how, cursor, first, hasWritten) => {
      const late = await connect();
      await late.query(`begin; ${first}`);
      await ends.source.query("insert into items (id, at) values (2, clock_timestamp())");
      const running = run({ cursor });
      const waiting = "select from pg_stat_activity where application_name = 'millrace reads' and state = 'idle'";
      await vi.waitFor(async () => expect((await ends.source.query(waiting)).rowCount).toBeGreaterThan(0), 30_000);
      if (!hasWritten) await late.query("insert into items (id) values (1)");
      await late.query("commit");
      await late.end();
      expect(await running).toEqual({ ...none, inserted: 2, rowsRead: 2 });
      await run({ cursor });
      expect(await difference()).toEqual([]);
    },
  );

  it.each([
    ["a time", "at", "the position goes no further than the beginning of the oldest"],
    ["a serial number", "id", "the position stays where it was, so that the next run reads these rows again"],
  ])("holds its position back where it has waited long enough, by %s", async (_type, cursor, told) => {
    const late = await connect();
    await late.query("begin; insert into items (id) values (1)");
    await ends.source.query("insert into items (id, at) values (2, clock_timestamp())");
    expect(await run({ cursor, barrierSeconds: 0 })).toEqual({ ...none, inserted: 1, rowsRead: 1 });
    expect(log).toContainEqual(expect.stringContaining(told));
    await late.query("commit");
    await late.end();
    expect(await run({ cursor })).toMatchObject({ inserted: 1, unchanged: 1 });
    expect(await difference()).toEqual([]);
  });

  it("misses nothing of 20 writers whose transactions overlap", async () => {
    const written: string[] = [];
    const over = new AbortController();
    const writers = Array.from({ length: 20 }, async (_, writer) => {
      const client = await connect();
      for (let n = 0; !over.signal.aborted; n++) {
        const id = n % 3 === 0 ? 1 + ((writer * 7 + n) % 50) : 100_000 * (writer + 1) + n;
        await client.query("begin");
        await client.query("select pg_sleep(random() * 0.05)");
        await client.query(
          "insert into items values ($1, now(), $2) on conflict (id) do update set at = now(), note = excluded.note",
          [id, `${writer} ${n}`],
        );
        await client.query("select pg_sleep(random() * 0.1)");
        await client.query("commit");
        written.push(`${writer} ${n}`);
      }
      await client.end();
    });
    const all = Promise.all(writers);
    for (let runs = 0; runs < 4 || written.length < 500; runs++) await run();
    over.abort();
    await all;
    await run();
    expect(await difference()).toEqual([]);
  });

  it.each([
    ["numeric", "1234567890123456789012345678901234567890.123", "1234567890123456789012345678901234567890.124"],
    ["bigint", "9223372036854775806", "9223372036854775807"],
    ["smallint", "-32768", "-32767"],
    ["uuid", "0191e1a0-0000-7000-8000-000000000001", "f191e1a0-0000-7000-8000-000000000000"],
    ["date", "2026-01-01", "2026-01-02"],
    ["timestamp", "2026-01-01 00:00:00.000001", "2026-01-01 00:00:00.000002"],
    ["timestamptz(3)", "2026-01-01 00:00:00.001+00", "2026-01-01 00:00:00.002+00"],
    ["text", "a'b\\", "a'b\\c"],
    ["varchar(20)", "a", "b"],
    [`text collate "C"`, "B", "a"],
    [`text collate "und-x-icu"`, "a", "B"],
    ["positive", "41", "42"],
  ])("keeps a cursor of type %s exact", async (type, low, high) => {
    await ends.source.query("drop domain if exists positive cascade; create domain positive as int check (value > 0)");
    await ends.source.query(`create table typed (id int primary key, at ${type}); create index on typed (at)`);
    const more = { table: "public.typed" };
    await ends.source.query("insert into typed values (1, $1), (2, $1), (3, $2)", [low, low === high ? low : high]);
    expect(await run({ lag: 0 }, more)).toMatchObject({ inserted: 3 });
    const { rows } = await ends.source.query("select at::text as value from typed where id = 3");
    const spelled = String(rows[0].value);
    const { rows: kept } = await ends.destination.query(
      "select position -> 'cursor' ->> 'value' as value from _millrace.position where pipeline_id = $1",
      [identity.pipelineId],
    );
    expect(kept[0].value).toBe(spelled);
    expect(await run({ lag: 0 }, more)).toEqual({ ...none, unchanged: 1, rowsRead: 1 });
    await ends.source.query("insert into typed values (4, $1)", [high]);
    expect(await run({ lag: 0 }, more)).toEqual({ ...none, inserted: 1, unchanged: 1, rowsRead: 2 });
    await ends.source.query("drop table typed");
    await ends.destination.query("drop table typed");
  });

  it.each([
    ["numbers become text", "int", "text", "9", "10"],
    ["texts go by another order", `text collate "C"`, `text collate "und-x-icu"`, "b", "A"],
    ["times lose their zone", "timestamptz", "timestamp", "2026-01-01 00:00+00", "2025-12-31 23:00"],
  ])(
    "begins anew where %s, since other values come before the position then",
    async (_what, before, after, low, next) => {
      await ends.source.query(`create table turned (id int primary key, at ${before}); create index on turned (at)`);
      await ends.source.query("insert into turned values (1, $1)", [low]);
      const more = { table: "public.turned" };
      expect(await run({ lag: 0 }, more)).toMatchObject({ inserted: 1 });
      await ends.source.query(`alter table turned alter at type ${after}`);
      await ends.source.query(`insert into turned values (2, $1)`, [next]);
      await ends.destination.query(`alter table turned alter at type ${after}`);
      expect(await run({ lag: 0 }, more)).toMatchObject({ rowsRead: 2, inserted: 1 });
      expect(log).toContainEqual(expect.stringContaining("in another order than when the position was taken"));
      expect(await run({ lag: 0 }, more)).toMatchObject({ rowsRead: 1 });
      await ends.source.query("drop table turned");
      await ends.destination.query("drop table turned");
    },
  );

  it("goes on where a cursor of whole numbers becomes a wider one", async () => {
    await ends.source.query("alter table items drop at, add at int; insert into items (id, at) values (1, 1), (2, 2)");
    expect(await run()).toMatchObject({ inserted: 2 });
    await ends.source.query(
      "alter table items alter at type bigint; insert into items (id, at) values (3, 3000000000)",
    );
    await ends.destination.query("alter table items alter at type bigint");
    expect(await run()).toMatchObject({ rowsRead: 2, inserted: 1 });
  });

  it("loses nothing in the hour that a clock without a zone has twice", async () => {
    await ends.source.query("alter table items alter at type timestamp");
    await ends.source.query("insert into items values (1, '2026-10-25 02:10'), (2, '2026-10-25 02:50')");
    await run();
    // The same clock, an hour later.
    await ends.source.query("insert into items values (3, '2026-10-25 02:20')");
    expect(await run()).toMatchObject({ inserted: 1 });
    expect(await difference()).toEqual([]);
  });

  it("is not led astray by a cursor from the future, nor by one without end", async () => {
    await ends.source.query("insert into items values (1, now() + interval '100 years'), (2, 'infinity'), (3, now())");
    await run();
    await ends.source.query("insert into items values (4)");
    expect(await run()).toMatchObject({ inserted: 1 });
    await ends.source.query("delete from items where id < 3; insert into items values (5)");
    expect(await run()).toMatchObject({ inserted: 1 });
  });

  it("a cursor that goes backwards is picked up within the lag, and with a warning where all of them did", async () => {
    await ends.source.query("insert into items select i, timestamptz '2026-01-01 12:00' from generate_series(1, 3) i");
    await run();
    await ends.source.query("insert into items values (4, '2026-01-01 11:59')");
    expect(await run()).toMatchObject({ inserted: 0 });
    expect(await run({ lag: 120 })).toMatchObject({ inserted: 1 });
    await ends.source.query(
      "update items set at = at - interval '1 day'; insert into items values (5, '2025-12-31 12:00')",
    );
    expect(await run()).toMatchObject({ inserted: 1 });
    expect(log).toContainEqual(expect.stringContaining("behind the position"));
  });

  it.each([
    ["include", 2],
    ["exclude", 1],
  ] as const)("rows without a cursor: %s", async (nulls, arrive) => {
    await ends.source.query("insert into items values (1, null), (2, now())");
    const policies = { deletes: { mode: "hard" as const, maxPercent: 100 } };
    expect(await run({ nulls }, { policies })).toMatchObject({ inserted: arrive });
    expect(log).toContainEqual(expect.stringMatching(/^1 rows have no value in the cursor at/));
    await ends.source.query("insert into items values (3, null), (4, now())");
    expect(await run({ nulls }, { policies })).toMatchObject({ inserted: arrive, deleted: 0 });
  });

  it("rows without a cursor fail the run where the policy says so", async () => {
    await ends.source.query("insert into items values (1, null), (2, now())");
    const error = await ends.failure(options({ nulls: "fail" }));
    expect(error.message).toBe("1 rows of the source table public.items have no value in the cursor at");
    expect(await ends.destination.query("select to_regclass('items') as there")).toMatchObject({
      rows: [{ there: null }],
    });
  });

  it("finds what was deleted by the keys of all rows, and truncated ones that came back", async () => {
    const policies = { deletes: { mode: "hard" as const } };
    await ends.source.query(
      "insert into items select i, timestamptz '2026-01-01' + i * interval '1 s' from generate_series(1, 100) i",
    );
    await run({}, { policies });
    await ends.source.query("delete from items where id in (5, 100); insert into items values (200)");
    expect(await run({}, { policies })).toEqual({ ...none, inserted: 1, deleted: 2, rowsRead: 1 });
    expect(await difference()).toEqual([]);
    await ends.source.query(
      "truncate items; insert into items select i, now(), 'again' from generate_series(1, 100) i",
    );
    await run({}, { policies });
    expect(await difference()).toEqual([]);
  });

  it("starts from the beginning where the table is another, and where the cursor is", async () => {
    await ends.source.query("insert into items select i, now() from generate_series(1, 100) i");
    await run();
    await ends.destination.query("drop table items");
    expect(await run()).toMatchObject({ inserted: 100 });
    expect(await run({ cursor: "id" })).toMatchObject({ unchanged: 100 });
    expect(log).toContain("Reads all rows: the position is of another cursor or source than id");
    expect(await run({ cursor: "id" })).toMatchObject({ unchanged: 1 });
  });

  it("reads a window once more, and leaves the position where it is", async () => {
    await ends.source.query(
      "insert into items select i, timestamptz '2026-01-01' + i * interval '1 day' from generate_series(0, 99) i",
    );
    await run();
    const before = await position();
    await ends.source.query("update items set note = 'silently'");
    const window = { from: "2026-01-03", to: "2026-01-05" };
    expect(await run({}, { backfill: window })).toEqual({ ...none, updated: 3, rowsRead: 3 });
    expect(await position()).toBe(before);
    expect(await run({}, { backfill: { from: null, to: null } })).toMatchObject({ updated: 97, unchanged: 3 });
    expect(await position()).toBe(before);
    expect(await difference()).toEqual([]);
  });

  it.each([
    [{ from: "when?", to: null }, "from"],
    [{ from: "2026-01-01", to: "never" }, "to"],
    [{ from: "2026-01-02", to: "2026-01-01" }, "to"],
  ])("refuses the window %j at its end %s, without its value", async (backfill, end) => {
    const { code, params } = await ends.failure(options({}, { backfill }));
    expect([code, params["end"]]).toEqual(["VALIDATION_FAILED", end]);
    expect(JSON.stringify(params)).not.toMatch(/when|never|2026/);
  });

  it("tells which cursors it has read", async () => {
    await ends.source.query("insert into items select i, '2026-01-01' from generate_series(1, 10) i");
    const cursorOf = async (more: Partial<CopyOptions> = {}) => (await ends.copy(options({}, more))).cursor;
    const [first, later] = [await cursorOf(), await cursorOf()];
    expect(first).toEqual({ column: "at", from: null, to: await position(), isBackfill: false });
    expect(later).toEqual({ ...first, from: await position() });
    const window = { from: "2025-12-31 00:00:00+00", to: null };
    expect(await cursorOf({ backfill: window })).toMatchObject({ column: "at", to: null, isBackfill: true });
  });

  it("keeps a history as well", async () => {
    await ends.source.query("insert into items select i, timestamptz '2026-01-01' from generate_series(1, 10) i");
    const more = { writeMode: "history" as const };
    await run({}, more);
    await ends.source.query("update items set note = 'x', at = now() where id = 1");
    expect(await run({}, more)).toEqual({ ...none, updated: 1, unchanged: 9, rowsRead: 10 });
    expect(await run({}, more)).toEqual({ ...none, unchanged: 1, rowsRead: 1 });
  });

  it.each([
    ["replace", {}, "UNSUPPORTED"],
    ["append", {}, "UNSUPPORTED"],
    ["merge", { cursor: "gone" }, "CURSOR_INVALID"],
    ["merge", { cursor: "j" }, "CURSOR_INVALID"],
    ["merge", { cursor: "note", lag: 1 }, "CURSOR_INVALID"],
  ] as const)("refuses %s by %j with %s", async (writeMode, incremental, code) => {
    await ends.source.query("alter table items add j jsonb");
    const error = await ends.failure(options(incremental, { writeMode }));
    expect(error.code).toBe(code);
    expect(`${error.message} ${error.hint}`).not.toMatch(/\{\w+\}/);
  });
});
