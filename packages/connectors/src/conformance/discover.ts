import assert from "node:assert/strict";
import { formatTableName } from "@millrace/shared";
import type { ConformanceCase } from "./case.ts";
import { failure, NAMES, people, peopleRows, sourceOf, tableName, withEnds } from "./ends.ts";
import { HARD_NAMES } from "./names.ts";

const { signal } = new AbortController();

/** What there is to be read, under the very names that it has. */
export const discover: readonly ConformanceCase[] = [
  {
    side: "source",
    area: "discover",
    name: "tables of any name are listed and described under that name, quoted, mixed-case, reserved, of 63 bytes and not of ASCII",
    run: async (harness) => {
      const tables = HARD_NAMES.map((name) => ({ ...people(name, 1), name: { schema: "names", name } }));
      for (const table of tables) await harness.create("source", table);
      await withEnds(harness, async (source) => {
        const listed = (await source.listTables(signal)).filter(({ schema }) => schema === "names");
        assert.deepEqual(listed.map(({ name }) => name).sort(), [...HARD_NAMES].sort());
        for (const summary of listed) {
          assert.equal(summary.reference, formatTableName(summary));
          const described = await source.describe(summary, signal);
          assert.deepEqual([described?.schema, described?.name], ["names", summary.name]);
          assert.deepEqual(
            described?.columns.map(({ name }) => name),
            NAMES,
          );
        }
      });
    },
  },
  {
    side: "source",
    area: "discover",
    name: "columns come in the table's order, with any name, whether they may be null, and the key in its own order",
    run: async (harness) => {
      const columns = HARD_NAMES.map((name, index) => ({ name, type: "text" as const, isNullable: index > 1 }));
      const table = tableName("columns");
      await harness.create("source", { name: table, columns, primaryKey: ["user", "select"], rows: [] });
      await withEnds(harness, async (source) => {
        const described = await source.describe(table, signal);
        assert.deepEqual(
          described?.columns.map(({ name }) => name),
          HARD_NAMES,
        );
        assert.deepEqual(described?.primaryKey, ["user", "select"]);
        assert.deepEqual(
          described?.columns.map(({ isNullable }) => isNullable),
          columns.map(({ isNullable }) => isNullable),
        );
      });
    },
  },
  {
    side: "source",
    area: "discover",
    name: "a table that is not there is described as null, and a run on it is refused by its name",
    run: async (harness) =>
      withEnds(harness, async (source) => {
        assert.equal(await source.describe(tableName("nowhere"), signal), null);
        const error = await failure(sourceOf(source).begin(tableName("nowhere"), signal), "SOURCE_TABLE_MISSING");
        assert.equal(error.params["table"], "public.nowhere");
        assert.equal(error.params["side"], "source");
      }),
  },
  {
    side: "source",
    area: "discover",
    name: "a preview has the first rows as text, and no more of them than are asked for",
    run: async (harness) => {
      await harness.create("source", people("previewed", 9));
      await withEnds(harness, async (source) => {
        const { columns, rows } = await source.preview(tableName("previewed"), 4, signal);
        assert.deepEqual(columns, NAMES);
        assert.equal(rows.length, 4);
        const known = new Set(peopleRows(1, 9).map((row) => JSON.stringify(row)));
        assert.ok(rows.every((row) => known.has(JSON.stringify(row))));
      });
    },
  },
];
