import { testServer } from "@millrace/db/testing";
import { formatTableName } from "@millrace/shared";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { quoteIdentifier, quoteTable } from "./postgres-identifiers.ts";
import { HOSTILE_NAMES, randomNames } from "./testing/hostile-names.ts";
import { openTwoEnds, type TwoEnds } from "./testing/two-ends.ts";

/** faults.md 70, security.md S9: any legal name, as a schema, a table, a column, a type and an index. */
describe("names", () => {
  let ends: TwoEnds;

  beforeAll(async () => {
    ends = await openTwoEnds(await testServer());
    for (const end of [ends.source, ends.destination])
      await end.query("create table victims (id int); insert into victims values (1)");
  });
  afterAll(() => ends.close());

  it.each(HOSTILE_NAMES.map((name, index) => [JSON.stringify(name), name, index] as const))(
    "%s names a schema, a table, its columns, an index and a type",
    async (_shown, name, index) => {
      const table = { schema: name.startsWith("public.") ? "s" : name, name };
      const other = HOSTILE_NAMES[(index + 1) % HOSTILE_NAMES.length] ?? "other";
      const column = quoteIdentifier(name);
      await ends.source.query(`
        create schema if not exists ${quoteIdentifier(table.schema)};
        create type ${quoteTable({ ...table, name: `t${name}`.slice(0, 20) })} as enum (${[name, other].map((label) => `E'${escape(label)}'`).join(", ")});
        create table ${quoteTable(table)} (
          ${column} int primary key, ${quoteIdentifier(other)} ${quoteTable({ ...table, name: `t${name}`.slice(0, 20) })});
        create index ${quoteIdentifier(other)} on ${quoteTable(table)} (${quoteIdentifier(other)});
        insert into ${quoteTable(table)} values (1, E'${escape(name)}'), (2, E'${escape(other)}'), (3, null)`);

      for (const writeMode of index % 4 === 0
        ? (["replace", "replace", "append"] as const)
        : (["replace", "replace"] as const)) {
        if (writeMode === "append") await ends.destination.query(`truncate ${quoteTable(table)}`);
        const outcome = await ends.copy({ table: formatTableName(table), writeMode });
        expect(outcome.rowsWritten).toBe(3);
        expect(await ends.difference(formatTableName(table))).toEqual([]);
      }
    },
  );

  const seed = Math.floor(Math.random() * 2 ** 32);
  it(`any legal text is a name (seed ${seed})`, async () => {
    const names = randomNames(seed, 40);
    for (let index = 0; index < names.length; index += 4) {
      const [schema = "", name = "", first = "", second = ""] = names.slice(index, index + 4);
      const table = { schema, name };
      await ends.source.query(`
        create schema ${quoteIdentifier(schema)};
        create table ${quoteTable(table)} (${quoteIdentifier(first)} int primary key, ${quoteIdentifier(second)} text unique);
        insert into ${quoteTable(table)} select i, i::text from generate_series(1, 3) i`);
      for (const writeMode of ["replace", "replace"] as const) {
        await ends.copy({ table: formatTableName(table), writeMode });
        expect(await ends.difference(formatTableName(table)), JSON.stringify(names)).toEqual([]);
      }
    }
  });

  it("names that differ in case alone are different tables and columns", async () => {
    await ends.source.query(`
      create table "Twin" ("a" int, "A" text); insert into "Twin" values (1, 'upper');
      create table twin ("A" int, "a" text); insert into twin values (2, 'lower')`);
    for (const table of ["public.Twin", "public.twin"]) {
      await ends.copy({ table });
      expect(await ends.difference(table)).toEqual([]);
    }
  });

  it("no name was taken for SQL", async () => {
    for (const end of [ends.source, ends.destination]) {
      expect((await end.query("select * from victims")).rowCount).toBe(1);
    }
  });
});

/** For an `E''` literal. */
const escape = (text: string) => text.replaceAll("\\", "\\\\").replaceAll("'", "''");
