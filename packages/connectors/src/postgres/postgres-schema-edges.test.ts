import { debianServer, testServer } from "@millrace/db/testing";
import { type DestinationSide, type DestinationSurvey, executeRun, type SchemaBasis } from "@millrace/engine";
import { Mapping, type SchemaAgreement, type SchemaReport } from "@millrace/shared";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type CopyOptions, openTwoEnds, told, type TwoEnds } from "./testing/two-ends.ts";

const embedded = await testServer();
const older = await debianServer();
const SERVERS = [
  { name: `PostgreSQL ${embedded.major}`, server: embedded },
  { name: "an older server", server: older },
];

for (const { name, server } of SERVERS)
  describe.skipIf(server === null)(`what ${name} makes of a table that changes`, () => {
    let ends: TwoEnds;
    let basis: SchemaBasis;
    let reports: SchemaReport[];

    beforeAll(async () => {
      if (server) ends = await openTwoEnds(server);
    });
    afterAll(() => ends?.close());
    beforeEach(async () => {
      basis = { agreed: null, accepted: null };
      reports = [];
      await ends.source.query(`drop table if exists items cascade; drop type if exists mood;
      create type mood as enum ('sad', 'happy');
      create table items (id int primary key, note text, feels mood);
      insert into items select i, 'n' || i, 'sad' from generate_series(1, 50) i`);
      await ends.destination.query(
        "drop schema if exists _millrace cascade; drop table if exists items cascade; drop type if exists mood",
      );
    });

    const asked = (options: Partial<CopyOptions>): CopyOptions => ({
      table: "public.items",
      schema: basis,
      onSchema: (report) => reports.push(report),
      ...options,
    });
    async function run(options: Partial<CopyOptions> = {}): Promise<void> {
      const outcome = await ends.copy(asked(options));
      basis = { agreed: outcome.agreement, accepted: null };
    }
    const failure = (options: Partial<CopyOptions> = {}) => ends.failure(asked(options));
    const evolve = { policies: { schemaChange: "evolve" } } as const;
    const labels = async () =>
      (
        await ends.destination.query(
          "select enumlabel from pg_enum where enumtypid = 'mood'::regtype order by enumsortorder",
        )
      ).rows.map(({ enumlabel }) => enumlabel);

    it("a label that an enum has got is added in its place before the run, refused by freeze, and asked about", async () => {
      await run();
      await ends.source.query("alter type mood add value 'fine' before 'happy'");
      await ends.source.query("insert into items values (100, 'new', 'fine')");
      const label = { side: "destination", kind: "label_added", column: "feels", after: "fine" };
      for (const schemaChange of ["freeze", "discard_column"] as const) {
        const refused = await failure({ policies: { schemaChange } });
        expect(refused.code).toBe("SCHEMA_CHANGED");
        expect(refused.params["changes"]).toContain("feels");
        expect(reports.at(-1)).toMatchObject({ verdict: "refused", changes: [label], statements: [] });
        expect(await labels()).toEqual(["sad", "happy"]);
      }
      expect((await failure()).code).toBe("SCHEMA_CHANGED");
      expect(reports.at(-1)).toMatchObject({
        verdict: "waits",
        changes: [label],
      });
      await run(evolve);
      expect(reports.at(-1)?.statements).toEqual([`alter type public.mood add value if not exists 'fine' after 'sad'`]);
      expect(await labels()).toEqual(["sad", "fine", "happy"]);
      expect(await ends.difference("public.items")).toEqual([]);
    });

    it("a new column of a type of the source's own brings the type along", async () => {
      await run(evolve);
      await ends.source.query(
        `create type shade as enum ('dark'); alter table items add column shade shade default 'dark'`,
      );
      await run({ ...evolve, writeMode: "merge" });
      expect(await ends.difference("public.items")).toEqual([]);
      await ends.source.query("alter table items drop column shade; drop type shade");
    });

    it("a mapped pipeline sees only the columns that it reads, and a query those that it answers with", async () => {
      const mapped = {
        mapping: { columns: [{ source: "id", name: "id" }], rest: "drop" as const },
        toTable: "public.mapped",
      };
      await run(mapped);
      await ends.source.query("alter table items add column extra int, alter column note type varchar(100)");
      await run({ ...mapped, policies: { schemaChange: "freeze" } });
      expect(reports.at(-1)).toMatchObject({ verdict: "same", changes: [] });

      basis = { agreed: null, accepted: null };
      const query = (sql: string) => ({ mapping: { query: { sql } }, toTable: "public.queried" });
      await run(query("select id from items"));
      const error = await failure(query("select id, note from items"));
      expect(told(error)).toContain("column note (character varying(100)) was added");
    });

    it("generated and identity columns of the destination are left as they are", async () => {
      await ends.destination.query(`create type mood as enum ('sad', 'happy');
      create table items (id int generated by default as identity primary key, note text, feels mood,
        size int generated always as (length(note)) stored)`);
      await run(evolve);
      await ends.source.query("alter table items add column size int default 3, alter column id type bigint");
      await run({ ...evolve, writeMode: "merge" });
      const { rows } = await ends.destination.query(
        `select attname, format_type(atttypid, null) as type, attidentity, attgenerated from pg_attribute
       where attrelid = 'items'::regclass and attname in ('id', 'size') order by attname`,
      );
      expect(rows).toEqual([
        { attname: "id", type: "bigint", attidentity: "d", attgenerated: "" },
        { attname: "size", type: "integer", attidentity: "", attgenerated: "s" },
      ]);
    });

    it("another key of the source is asked about where rows find their place by it, and noted elsewhere", async () => {
      await run({ writeMode: "merge", ...evolve });
      await ends.source.query("alter table items drop constraint items_pkey, add primary key (note)");
      expect((await failure({ writeMode: "merge", ...evolve })).message).toContain(
        "the primary key changed from id to note",
      );
      await run({ ...evolve });
      expect(reports.at(-1)?.changes).toContainEqual(expect.objectContaining({ kind: "key_changed" }));
    });

    it("a table that was dropped and made anew as it was is the same, and one that is gone at the destination is made", async () => {
      await run();
      await ends.source.query(`drop table items; create table items (feels mood, id int primary key, note text);
      insert into items values ('sad', 1, 'again')`);
      await run();
      expect(reports.at(-1)).toMatchObject({ verdict: "same" });
      await ends.destination.query("drop table items");
      await ends.source.query("alter table items add column extra int");
      await run();
      expect(reports.at(-1)).toMatchObject({ verdict: "noted" });
      expect(await ends.difference("public.items")).toEqual([]);
    });

    it("a column that somebody has dropped at the destination is asked about, and made again once accepted", async () => {
      await run();
      await ends.destination.query("alter table items drop column note");
      expect((await failure()).message).toContain("at the destination, column note (text) was removed");
      basis = { ...basis, accepted: basis.agreed?.source ?? null };
      await run();
      expect(await ends.difference("public.items")).toEqual([]);
    });

    it("a column that is only the destination's stays, and stops no run but under freeze", async () => {
      await run();
      await ends.destination.query("alter table items add column theirs int");
      await run();
      expect(reports.at(-1)).toMatchObject({ verdict: "noted" });
    });

    it("a value that a narrower type cannot take fails the run that was told to narrow, and the table stays", async () => {
      await ends.source.query("alter table items add column size int default 7");
      await run({ writeMode: "merge" });
      await ends.source.query(
        "delete from items; alter table items alter column size drop default, alter column size type date using null",
      );
      const agreed = basis.agreed as SchemaAgreement;
      const columns = agreed.source.columns.map((column) =>
        column.name === "size" ? { ...column, type: "date" } : column,
      );
      basis = { agreed, accepted: { ...agreed.source, columns } };
      expect((await failure({ writeMode: "merge" })).code).toBe("VALUE_INVALID");
      const { rows } = await ends.destination.query("select count(*) from items where size = 7");
      expect(rows).toEqual([{ count: "50" }]);
    });

    it("what a run has brought the table to can be undone with it", async () => {
      const identity = (runId: string, fence: number) => ({
        pipelineId: "00000000-0000-7000-8000-000000000001",
        runId: `00000000-0000-7000-8000-00000000000${runId}`,
        fence,
      });
      const policies = { schemaChange: "evolve", undo: { keepHours: 1 } } as const;
      await run({ policies, identity: identity("1", 1) });
      await ends.source.query("alter table items add column extra int default 3");
      await run({ policies, identity: identity("2", 2) });
      const connection = await ends.open("destination");
      try {
        const target = {
          pipelineId: identity("2", 2).pipelineId,
          runId: identity("2", 2).runId,
          table: { schema: "public", name: "items" },
        };
        await connection.destination?.undo?.run(identity("3", 3), target, AbortSignal.timeout(20_000));
      } finally {
        await connection.close();
      }
      const { rows } = await ends.destination.query(
        "select count(*) from pg_attribute where attrelid = 'items'::regclass and attname = 'extra'",
      );
      expect(rows).toEqual([{ count: "0" }]);
      await run({ policies, identity: identity("4", 4) });
      expect(await ends.difference("public.items")).toEqual([]);
    });

    it.each(["replace", "append", "merge"] as const)(
      "a column that goes at the destination between the look and a run by %s is noticed before anything is written",
      async (writeMode) => {
        await ends.destination.query(`create type mood as enum ('sad', 'happy');
        create table items (id int primary key, note text, feels mood); insert into items values (1000, 'mine', 'sad')`);
        const to = await ends.open("destination");
        const from = await ends.open("source");
        let looks = 0;
        const survey: DestinationSide["survey"] = async (source, table, signal) => {
          const found = await to.destination?.survey(source, table, signal);
          if (looks++ === 0) await ends.destination.query("alter table items drop column note");
          return found as DestinationSurvey;
        };
        const table = { schema: "public", name: "items" };
        try {
          const run = executeRun({
            source: from,
            destination: { ...to, destination: { ...(to.destination as DestinationSide), survey } },
            sourceTable: table,
            destinationTable: table,
            writeMode,
            identity: null,
            signal: AbortSignal.timeout(20_000),
            onProgress: () => {},
            onLog: () => {},
          });
          await expect(run).rejects.toMatchObject({ code: "COLUMN_MISSING", params: { column: "note" } });
          expect(looks).toBe(2);
        } finally {
          await Promise.all([from.close(), to.close()]);
        }
        const { rows } = await ends.destination.query("select items::text from items");
        expect(rows).toEqual([{ items: "(1000,sad)" }]);
      },
    );

    it.each([
      ["a table", undefined],
      ["a query", { mapping: Mapping.parse({ query: { sql: "select id, note from items" } }), maskKey: null }],
    ])("no column of the source can go while a run reads %s", async (_name, mapping) => {
      const from = await ends.open("source");
      const session = await from.source?.begin(
        { schema: "public", name: "items" },
        AbortSignal.timeout(20_000),
        mapping,
      );
      await ends.source.query("set lock_timeout = '200ms'");
      await expect(ends.source.query("alter table items drop column note")).rejects.toMatchObject({ code: "55P03" });
      await session?.close();
      await ends.source.query("reset lock_timeout; alter table items drop column note");
      await from.close();
    });
  });
