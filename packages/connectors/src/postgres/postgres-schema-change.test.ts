import { debianServer, testServer } from "@millrace/db/testing";
import type { SchemaBasis } from "@millrace/engine";
import type { SchemaAgreement, SchemaChangePolicy, SchemaReport, WriteMode } from "@millrace/shared";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type CopyOptions, openTwoEnds, told, type TwoEnds } from "./testing/two-ends.ts";

const MODES: readonly WriteMode[] = ["replace", "append", "merge", "history"];
const embedded = await testServer();
/** Another major version where there is one. */
const other = (await debianServer()) ?? embedded;
/** What is loaded in chunks goes between two versions, each mode once and each version at either end. */
const WAYS = [
  { name: "in one transaction", from: embedded, to: embedded, isInChunks: false, modes: MODES },
  { name: "in chunks to another server", from: embedded, to: other, isInChunks: true, modes: MODES.slice(0, 2) },
  { name: "in chunks from another server", from: other, to: embedded, isInChunks: true, modes: MODES.slice(2) },
];

describe.each(WAYS)("a table that has changed since it was agreed, $name", ({ from, to, isInChunks, modes }) => {
  let ends: TwoEnds;
  let agreed: SchemaAgreement | null;
  let accepted: SchemaBasis["accepted"];

  beforeAll(async () => {
    ends = await openTwoEnds(from, to, { isInChunks });
  });
  afterAll(() => ends.close());
  beforeEach(async () => {
    agreed = null;
    accepted = null;
    await ends.source.query(`drop table if exists items cascade;
      create table items (id int primary key, n int not null, note varchar(5));
      insert into items select i, i, 'n' || i from generate_series(1, 300) i`);
    await ends.destination.query("drop table if exists items cascade");
  });

  /** One run of a pipeline, which leaves behind what the next one is held against. */
  async function run(writeMode: WriteMode, schemaChange: SchemaChangePolicy, options: Partial<CopyOptions> = {}) {
    let found: SchemaReport | null = null;
    const asked: CopyOptions = {
      table: "public.items",
      writeMode,
      ...options,
      policies: { ...options.policies, schemaChange },
      schema: { agreed, accepted },
      onSchema: (report) => (found = report),
    };
    const outcome = await ends.copy(asked);
    expect(outcome.proof.isVerified).toBe(true);
    agreed = outcome.agreement;
    accepted = null;
    return found as unknown as SchemaReport;
  }

  async function failure(writeMode: WriteMode, schemaChange: SchemaChangePolicy) {
    const before = await structure();
    const rows = await ends.destination.query("select items::text from items order by 1");
    let found: SchemaReport | null = null;
    const error = await ends.failure({
      table: "public.items",
      writeMode,
      policies: { schemaChange },
      schema: { agreed, accepted },
      onSchema: (report) => (found = report),
    });
    expect(await structure()).toEqual(before);
    expect((await ends.destination.query("select items::text from items order by 1")).rows).toEqual(rows.rows);
    return { error, report: found as unknown as SchemaReport };
  }

  const accept = async () => {
    const session = await ends.open("source");
    try {
      const table = await session.describe({ schema: "public", name: "items" }, AbortSignal.timeout(20_000));
      accepted = table && {
        columns: table.columns.map(({ name, type, isNullable }) => ({ name, type, isNullable })),
        primaryKey: [...table.primaryKey],
      };
    } finally {
      await session.close();
    }
  };

  const structure = async (): Promise<string[]> => {
    const { rows } = await ends.destination.query<{ line: string }>(
      `select attname || ' ' || format_type(atttypid, atttypmod) || case when attnotnull then ' not null' else '' end as line
       from pg_attribute where attrelid = to_regclass('public.items') and attnum > 0 and not attisdropped
         and attname not in ('valid_from', 'valid_to', 'is_current') order by attname`,
    );
    return rows.map(({ line }) => line);
  };
  const answer = async (sql: string) => Object.values((await ends.destination.query(sql)).rows[0] ?? {})[0];
  const current = (writeMode: WriteMode) => (writeMode === "history" ? "is_current" : "true");

  describe.each(modes)("written by %s", (writeMode) => {
    beforeEach(async () => {
      // Rows that are added twice have no key.
      if (writeMode === "append")
        await ends.destination.query("create table items (id int, n int not null, note varchar(5))");
      expect(await run(writeMode, "evolve")).toMatchObject({ verdict: "same", changes: [], statements: [] });
    });

    it("evolve adds a column, widens types and lets go of NOT NULL, all in the run that needs it", async () => {
      await ends.source.query(`
        alter table items add column extra jsonb, alter column n type bigint, alter column n drop not null,
          alter column note type varchar(50);
        update items set n = 5000000000, extra = '{"a":1}' where id = 1; update items set n = null, note = repeat('x', 50) where id = 2`);
      const report = await run(writeMode, "evolve");
      expect(report.verdict).toBe("applied");
      expect(report.changes.map(({ kind, column }) => `${kind} ${column}`)).toEqual([
        "type_widened n",
        "nullability_loosened n",
        "type_widened note",
        "column_added extra",
      ]);
      expect(report.statements).toEqual([
        `alter table "public"."items" alter column "n" type bigint, alter column "n" drop not null, ` +
          `alter column "note" type character varying(50), add column "extra" jsonb`,
      ]);
      expect((await structure()).filter((line) => !line.startsWith("id "))).toEqual([
        "extra jsonb",
        "n bigint",
        "note character varying(50)",
      ]);
      expect(await answer(`select max(n) from items where ${current(writeMode)}`)).toBe("5000000000");
      expect(await answer(`select count(*) from items where ${current(writeMode)} and extra is not null`)).toBe("1");
      const rows = { replace: "300", append: "600", merge: "300", history: "300" }[writeMode];
      expect(await answer(`select count(*) from items where ${current(writeMode)}`)).toBe(rows);
      expect((await run(writeMode, "evolve")).verdict).toBe("same");
    });

    it("evolve keeps a column that the source has no more, without a value in new rows", async () => {
      await ends.source.query("alter table items drop column n; insert into items values (1000, 'new')");
      expect(await run(writeMode, "evolve")).toMatchObject({
        verdict: "applied",
        changes: [{ side: "source", kind: "column_removed", column: "n", before: "integer", after: null }],
      });
      expect(await structure()).toContain("n integer");
      expect(await answer("select count(*) from items where id = 1000 and n is null")).toBe("1");
    });

    it("evolve asks before a type is narrowed or becomes another, and then does as it was told", async () => {
      await ends.source.query("alter table items alter column n type text using 'n' || n");
      const { error, report } = await failure(writeMode, "evolve");
      expect(told(error)).toBe(
        "SCHEMA_CHANGED: The table public.items is no longer what was agreed: column n changed from integer to text",
      );
      expect(report).toMatchObject({
        verdict: "waits",
        statements: [`alter table "public"."items" alter column "n" type text using "n"::pg_catalog.text::text`],
      });
      await accept();
      expect((await run(writeMode, "evolve")).verdict).toBe("applied");
      expect(await structure()).toContain("n text not null");
      expect(await answer(`select count(*) from items where ${current(writeMode)} and n like 'n%'`)).toBe("300");
    });

    it("freeze fails and names each difference, at either end", async () => {
      await ends.source.query("alter table items add column extra int, drop column note");
      const { error, report } = await failure(writeMode, "freeze");
      expect(told(error)).toBe(
        "SCHEMA_CHANGED: The table public.items is no longer what was agreed: column note (character varying(5)) was removed; column extra (integer) was added",
      );
      expect(report.verdict).toBe("refused");
      await ends.source.query("alter table items drop column extra, add column note varchar(5)");
      await ends.destination.query("alter table items add column theirs int");
      expect((await failure(writeMode, "freeze")).error).toMatchObject({
        code: "SCHEMA_CHANGED",
        params: { changes: "at the destination, column theirs (integer) was added", side: "destination" },
      });
      await ends.destination.query("alter table items drop column theirs");
      expect((await run(writeMode, "freeze")).verdict).toBe("same");
    });

    it("discard_column leaves out what the destination has no column for, every time, and says so", async () => {
      await ends.source.query("alter table items add column extra int default 7, drop column note");
      const lines: string[] = [];
      for (let time = 0; time < 2; time++) {
        const report = await run(writeMode, "discard_column", { onLog: (_level, line) => lines.push(line) });
        expect(report.verdict).toBe("left_out");
        expect(report.changes).toContainEqual(
          expect.objectContaining({ kind: "column_added", column: "extra", after: "integer" }),
        );
        expect(report.statements).toEqual([]);
      }
      expect(lines.join("\n")).toContain("what the destination has no column for is left out");
      expect((await structure()).slice(1)).toEqual(["n integer not null", "note character varying(5)"]);
    });

    it("discard_column refuses a type that no longer fits as a change of the table, and names the column", async () => {
      await run(writeMode, "discard_column");
      await ends.source.query("alter table items alter column n type bigint, add column extra int");
      const { error, report } = await failure(writeMode, "discard_column");
      expect(error).toMatchObject({ code: "SCHEMA_CHANGED", params: { side: "source" } });
      expect(error.params["changes"]).toContain("n ");
      expect(report).toMatchObject({ verdict: "refused", statements: [] });
      expect(report?.changes).toContainEqual(expect.objectContaining({ column: "n", kind: "type_widened" }));
    });

    it("discard_column fails where a column has to have a value and the source has none any more", async () => {
      await ends.source.query("alter table items drop column n");
      expect((await failure(writeMode, "discard_column")).error.code).toBe("COLUMN_REQUIRED");
    });

    it("ask stops before it touches anything, says what it would do, and does just that once it is accepted", async () => {
      await ends.source.query("alter table items add column extra int default 7");
      const { error, report } = await failure(writeMode, "ask");
      expect(error).toMatchObject({
        code: "SCHEMA_CHANGED",
        params: { changes: "column extra (integer) was added" },
      });
      expect(report).toMatchObject({
        verdict: "waits",
        statements: [`alter table "public"."items" add column "extra" integer`],
      });
      await accept();
      expect(await run(writeMode, "ask")).toMatchObject({ verdict: "applied", statements: report.statements });
      expect(await answer(`select count(*) from items where ${current(writeMode)} and extra = 7`)).toBe("300");
      expect((await run(writeMode, "ask")).verdict).toBe("same");
    });

    it("what was accepted holds for just that: another change is asked about again", async () => {
      await ends.source.query("alter table items add column extra int");
      await accept();
      await ends.source.query("alter table items add column more int");
      expect((await failure(writeMode, "ask")).report.changes).toHaveLength(2);
    });

    it("a run that fails in the end leaves the destination's structure as it was", async () => {
      await ends.source.query(`alter table items add column extra int; insert into items values (1000, 1, 'ok', 1)`);
      await ends.destination.query("alter table items add constraint small check (id < 1000)");
      if (agreed) agreed = { ...agreed, destination: null };
      expect((await failure(writeMode, "evolve")).error.code).not.toBe("SCHEMA_CHANGED");
      expect(await structure()).not.toContain("extra integer");
    });
  });
});
