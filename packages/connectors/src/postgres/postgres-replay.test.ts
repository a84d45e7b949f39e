import { debianServer, testServer, type TestServer } from "@millrace/db/testing";
import { type HeldRow, type QuarantinedRow, type RefusedAgain, replayRows, type RunIdentity } from "@millrace/engine";
import {
  AppError,
  DEFAULT_POLICIES,
  newId,
  parseTableName,
  type PipelinePolicies,
  type WriteMode,
} from "@millrace/shared";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openTwoEnds, type TwoEnds } from "./testing/two-ends.ts";

const debian = await debianServer();
const servers: [string, TestServer][] = [["PostgreSQL 18", await testServer()]];
if (debian) servers.push(["PostgreSQL 15", debian]);

describe.each(servers)("a replay at %s", (_name, server) => {
  let ends: TwoEnds;
  let pipelineId: string;
  let fence: number;

  beforeAll(async () => {
    ends = await openTwoEnds(server);
  });
  afterAll(() => ends.close());
  beforeEach(async () => {
    pipelineId = newId();
    fence = 0;
    await ends.source.query(`drop table if exists people;
      create table people (id int primary key, age int, note text, raw bytea, tags text[], at timestamptz, more jsonb);
      insert into people select i, case when i % 100 = 7 then 3 else 30 end, E'tab\\t line\\n back\\\\slash \\\\N ' || i, '\\x00ff5c'::bytea,
        array['a,b', null, '"'], '2026-01-02 03:04:05.678901+00', '{"a": [1, "\\\\n"]}' from generate_series(1, 1000) i`);
    await ends.destination.query(`drop schema if exists _millrace cascade; drop table if exists people;
      create table people (id int primary key, age bigint constraint grown check (age >= 18), note text, raw bytea, tags text[],
        at timestamptz, more jsonb)`);
  });

  const identity = (): RunIdentity => ({ pipelineId, runId: newId(), fence: ++fence });
  const rows = async (sql: string) => (await ends.destination.query(sql)).rows;
  const everybody = "select p::text as row from people p order by id";

  /** A run that sets ten rows aside. */
  async function setAside(writeMode: WriteMode, policies: Partial<PipelinePolicies> = {}) {
    const kept: QuarantinedRow[] = [];
    const run = identity();
    await ends.copy({
      table: "public.people",
      identity: run,
      writeMode,
      policies,
      schema: { agreed: null, accepted: null },
      budget: { maxRows: 20 },
      quarantine: { begin: async () => {}, keep: async (more) => void kept.push(...more) },
    });
    return { runId: run.runId, held: kept.map(({ values }): HeldRow => ({ id: newId(), values: values ?? {} })) };
  }

  async function replay(
    writeMode: WriteMode,
    replays: string,
    held: readonly HeldRow[],
    policies: Partial<PipelinePolicies> = {},
    isCutOff = false,
  ) {
    const [source, destination] = await Promise.all([ends.open("source"), ends.open("destination")]);
    const replayed: string[] = [];
    const refused: RefusedAgain[] = [];
    const order = held.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    try {
      const outcome = await replayRows({
        source,
        destination,
        sourceTable: parseTableName("public.people"),
        destinationTable: parseTableName("public.people"),
        writeMode,
        policies: { ...DEFAULT_POLICIES, ...policies },
        identity: identity(),
        replays,
        feed: {
          next: async (after) => order.filter(({ id }) => after === null || id > after).slice(0, 4),
          settle: async (done, again) => {
            if (isCutOff) throw new AppError("CONNECTION_LOST");
            replayed.push(...done);
            refused.push(...again);
          },
        },
        signal: new AbortController().signal,
        onProgress: () => {},
        onLog: () => {},
      }).catch((thrown: AppError) => thrown);
      const error = outcome instanceof AppError ? outcome : null;
      return { error, proof: outcome instanceof AppError ? null : outcome.proof, replayed, refused };
    } finally {
      await Promise.all([source.close(), destination.close()]);
    }
  }

  const mend = () => ends.destination.query("alter table people drop constraint grown");
  const source = async () => (await ends.source.query<{ row: string }>(everybody)).rows;

  it.each(["replace", "append", "merge"] as const)(
    "after %s makes both ends equal, values byte for byte",
    async (mode) => {
      const { runId, held } = await setAside(mode);
      expect(held).toHaveLength(10);
      await mend();
      const { error, proof, replayed } = await replay(mode, runId, held);
      expect([error, replayed.length]).toEqual([null, 10]);
      expect(await rows(everybody)).toEqual(await source());
      expect(await rows("select from _millrace.replayed")).toEqual([]);
      expect(await rows("select from _millrace.replayed_hash")).toEqual([]);
      expect(proof).toMatchObject({ verification: "full", isVerified: true, sourceDigest: { rowCount: 10 } });
      expect(proof?.destinationDigest).toEqual(proof?.sourceDigest);
    },
  );

  const meddle = (when: string, body: string) =>
    ends.destination.query(`drop trigger if exists meddle on people;
      create or replace function meddle() returns trigger language plpgsql as $$ begin ${body} end $$;
      create ${when} on people ${when.startsWith("constraint") ? "deferrable initially deferred" : ""} for each row execute function meddle()`);
  const MEDDLING = [
    ["before", "trigger meddle before insert", "new.note := upper(new.note); return new;"],
    [
      "after",
      "trigger meddle after insert",
      "update people set note = '' where id = new.id and id = 507; return null;",
    ],
    [
      "at the commit after",
      "constraint trigger meddle after insert",
      "update people set note = '' where id = new.id and id = 507; return null;",
    ],
  ] as const;
  it.each((["append", "merge"] as const).flatMap((mode) => MEDDLING.map((one) => [mode, ...one] as const)))(
    "by %s fails whole where a trigger changes a row %s it is stored, and its rows stay held",
    async (mode, _when, how, body) => {
      const { runId, held } = await setAside(mode);
      await mend();
      await meddle(how, body);
      const before = await rows(everybody);
      const { error, replayed, refused } = await replay(mode, runId, held);
      expect(error?.code).toBe("DIGEST_MISMATCH");
      expect([replayed, refused, await rows("select from _millrace.replayed")]).toEqual([[], [], []]);
      expect(await rows(everybody)).toEqual(before);
    },
  );

  it("fails whole where a trigger changes the version that it opens in a history", async () => {
    await ends.destination.query("drop table people");
    const { runId } = await setAside("history");
    await ends.destination.query("delete from people where id = 7");
    await meddle("trigger meddle after insert", "update people set note = '' where id = new.id; return null;");
    const [row] = (
      await ends.source.query(
        "select id::text, age::text, note, raw::text, tags::text, at::text, more::text from people where id = 7",
      )
    ).rows;
    const { error } = await replay("history", runId, [{ id: newId(), values: row }]);
    expect(error?.code).toBe("DIGEST_MISMATCH");
    expect(await rows("select from people where id = 7")).toEqual([]);
  });

  it.each(["append", "merge"] as const)("by %s compares no more than the pipeline asks for", async (mode) => {
    const { runId, held } = await setAside(mode);
    await mend();
    await meddle(
      "trigger meddle before insert",
      "if new.id = 507 then return null; end if; new.note := ''; return new;",
    );
    const { proof, replayed, refused } = await replay(mode, runId, held.slice(0, 8), { verification: "count" });
    expect(proof).toMatchObject({
      verification: "count",
      isVerified: null,
      sourceDigest: null,
      destinationDigest: null,
    });
    expect(replayed).toHaveLength(7);
    expect(refused.map(({ code }) => code)).toEqual(["DESTINATION_REFUSED"]);
    const rest = await replay(mode, runId, held.slice(8), { verification: "off" });
    expect(rest.proof).toMatchObject({ verification: "off", isVerified: null, sourceDigest: null });
    expect(await rows("select count(*)::int as n from people where note = ''")).toEqual([{ n: "9" }]);
  });

  it("knows what was shown of rows whose replay could not tell any more", async () => {
    const { runId, held } = await setAside("append");
    await mend();
    const cutOff = await replay("append", runId, held.slice(0, 6), {}, true);
    expect(cutOff.error?.code).toBe("CONNECTION_LOST");
    const { proof, replayed } = await replay("append", runId, held);
    expect(replayed).toHaveLength(10);
    expect(proof).toMatchObject({ verification: "full", isVerified: true, sourceDigest: { rowCount: 10 } });
    expect(await rows(everybody)).toEqual(await source());
    expect(await rows("select from _millrace.replayed_hash")).toEqual([]);
  });

  it("opens a version of each row that a history lacks", async () => {
    await ends.destination.query("drop table people");
    await setAside("history");
    await ends.destination.query("delete from people where id = 7");
    const { runId } = (await rows('select run_id as "runId" from _millrace.position'))[0] as { runId: string };
    const [row] = (
      await ends.source.query(
        "select id::text, age::text, note, raw::text, tags::text, at::text, more::text from people where id = 7",
      )
    ).rows;
    const { error } = await replay("history", runId, [{ id: newId(), values: row }]);
    expect(error).toBeNull();
    expect(await rows("select is_current, valid_to from people where id = 7")).toEqual([
      { is_current: "t", valid_to: null },
    ]);
  });

  it.each(["merge", "history"] as const)(
    "brings rows once that the table of a %s has refused for a foreign key, and again those that it refuses again",
    async (mode) => {
      await ends.destination
        .query(`drop table if exists ages cascade; create table ages (age bigint primary key); insert into ages values (30);
        alter table people drop constraint grown, add constraint grown foreign key (age) references ages`);
      if (mode === "history") {
        await ends.destination.query(
          "alter table people drop constraint people_pkey, add valid_from timestamptz not null, add valid_to timestamptz, add is_current boolean not null",
        );
      }
      const { runId, held } = await setAside(mode);
      expect(held).toHaveLength(10);
      expect((await replay(mode, runId, held)).error?.code).toBe("REPLAY_REFUSED");
      await ends.destination.query("insert into ages values (3)");
      for (const again of [held, held]) {
        const { error, replayed } = await replay(mode, runId, again);
        expect([error, replayed.length]).toEqual([null, 10]);
      }
      const columns = "row(id, age, note, raw, tags, at, more)::text as row from people order by id";
      expect(await rows(`select ${columns}`)).toEqual((await ends.source.query(`select ${columns}`)).rows);
    },
  );

  it("tells only of rows that an earlier replay has brought and could not tell of", async () => {
    const { runId, held } = await setAside("append");
    await mend();
    await ends.destination.query(
      "create table if not exists _millrace.replayed (row_id uuid primary key, pipeline_id uuid not null, run_id uuid not null, at timestamptz not null default now())",
    );
    const [one] = held;
    await ends.destination.query("insert into _millrace.replayed values ($1, $2, $3)", [one?.id, pipelineId, newId()]);
    const { proof, replayed } = await replay("append", runId, held);
    expect(replayed).toHaveLength(10);
    expect(proof).toMatchObject({ verification: null, isVerified: null, sourceDigest: null });
    expect(await rows("select count(*)::int as n from people")).toEqual([{ n: "999" }]);
    expect(await rows("select from _millrace.replayed")).toEqual([]);
  });

  it("brings rows once that a trigger has refused as they were added from a stage, once it takes them", async () => {
    const judge = (body: string, how = "for each row") =>
      ends.destination.query(`drop trigger if exists judge on people;
        create or replace function judge() returns trigger language plpgsql as $$ begin ${body} end $$;
        create trigger judge before insert on people ${how} execute function judge()`);
    await ends.destination.query("alter table people drop constraint grown, drop column more");
    await judge("if new.age < 18 then raise exception 'not %', new.age; end if; return new;");
    const { runId, held } = await setAside("append", { schemaChange: "evolve" });
    expect(held).toHaveLength(10);
    await judge("assert new.id > 500; return new;");
    const first = await replay("append", runId, held);
    expect([first.error, first.replayed.length]).toEqual([null, 5]);
    expect(first.refused.map(({ code, sqlstate }) => `${code} ${sqlstate}`)).toEqual(
      Array.from({ length: 5 }, () => "DESTINATION_REFUSED P0004"),
    );
    const rest = held.filter(({ id }) => !first.replayed.includes(id));
    await judge("raise exception 'closed';", "for each statement");
    const closed = await replay("append", runId, rest);
    expect([closed.error?.code, closed.replayed, closed.refused]).toEqual(["DESTINATION_REFUSED", [], []]);
    await ends.destination.query("drop trigger judge on people");
    expect((await replay("append", runId, rest)).replayed).toHaveLength(5);
    expect(await rows(everybody)).toEqual(await source());
  });

  it("leaves a row that is refused again with its new reason and column, and brings the others", async () => {
    const { runId, held } = await setAside("replace");
    await mend();
    const late = held.map((row, at) => (at === 3 ? { ...row, values: { ...row.values, age: "old" } } : row));
    const { error, replayed, refused } = await replay("replace", runId, late);
    expect([error, replayed.length]).toEqual([null, 9]);
    expect(refused).toMatchObject([{ id: late[3]?.id, code: "VALUE_INVALID", sqlstate: "22P02", column: "age" }]);
    const { error: again } = await replay("replace", runId, [late[3] as HeldRow]);
    expect(again?.code).toBe("REPLAY_REFUSED");
    expect(again?.message).toContain("1 VALUE_INVALID in column age");
  });

  it("by a key brings no row that a later run may have brought anew, and refuses one without a key", async () => {
    const policies = { incremental: { cursor: "id", nulls: "include", barrierSeconds: 30, lag: null } } as const;
    const { runId, held } = await setAside("merge", policies);
    await mend();
    await ends.source.query("insert into people (id, age, note) values (1001, 30, 'new')");
    await ends.copy({ table: "public.people", identity: identity(), writeMode: "merge", policies });
    await ends.destination.query("insert into people (id, age, note) values (7, 44, 'newer')");
    const keyless = { id: newId(), values: { ...held[1]?.values, id: null } };
    const { replayed, refused } = await replay("merge", runId, [...held, keyless], policies);
    expect(replayed).toHaveLength(9);
    expect(refused.map(({ code }) => code).toSorted()).toEqual(["KEY_NULL", "ROW_SUPERSEDED"]);
    expect(await rows("select note from people where id = 7")).toEqual([{ note: "newer" }]);
  });

  it.each([
    ["a later run has replaced the table", async () => void (await setAside("replace"))],
    [
      "the table is another one by now",
      () =>
        ends.destination.query(
          "create table other (like people); drop table people; alter table other rename to people",
        ),
    ],
    ["the pipeline writes other columns by now", () => ends.source.query("alter table people add column added int; ")],
  ])("is refused, and changes nothing, where %s", async (_how, change) => {
    const { runId, held } = await setAside("replace");
    await mend();
    await change();
    await ends.destination.query("alter table people add column if not exists added int");
    const before = await rows(everybody);
    const { error, replayed } = await replay("replace", runId, held);
    expect(error?.code).toBe("REPLAY_UNAVAILABLE");
    expect(replayed).toEqual([]);
    expect(await rows(everybody)).toEqual(before);
  });
});
