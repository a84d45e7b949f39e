import assert from "node:assert/strict";
import { BATCHES, planRun, repairTable, verifyTable } from "@millrace/engine";
import { Mapping } from "@millrace/shared";
import type { ConformanceCase } from "./case.ts";
import {
  assertArrived,
  assertUntouched,
  copy,
  failure,
  NAMES,
  people,
  peopleRows,
  requestOf,
  withEnds,
} from "./ends.ts";

const MAPPING = {
  mapping: Mapping.parse({
    columns: [
      { source: "id", name: "id" },
      { source: "name", name: "label" },
    ],
    rest: "drop",
  }),
  maskKey: null,
};

/** What a plan makes of two tables that are not the same. */
export const evolution: readonly ConformanceCase[] = [
  {
    side: "destination",
    area: "evolution",
    name: "columns are paired by their names, whatever the order at either end",
    run: async (harness) => {
      const table = people("turned", 12);
      await harness.create("source", table);
      await harness.create("destination", { ...table, columns: [...table.columns].reverse(), rows: [] });
      await copy(harness, { sourceTable: table.name });
      await assertArrived(harness, table.name, table.rows);
    },
  },
  {
    side: "destination",
    area: "evolution",
    name: "a column that can take every value of the source's takes them",
    run: async (harness) => {
      const table = people("widened", 12);
      await harness.create("source", table);
      const columns = table.columns.map((column) =>
        column.name === "id" ? { ...column, type: "text" as const } : column,
      );
      await harness.create("destination", { ...table, columns, rows: [] });
      const outcome = await copy(harness, { sourceTable: table.name });
      assert.notEqual(outcome.proof.isVerified, false);
      await assertArrived(harness, table.name, table.rows);
    },
  },
  {
    side: "destination",
    area: "evolution",
    name: "a column that cannot take every value is refused by its name, and nothing is touched",
    run: async (harness) => {
      const table = people("narrowed", 12);
      await harness.create("source", table);
      const columns = table.columns.map((column) =>
        column.name === "name" ? { ...column, type: "integer" as const } : column,
      );
      await harness.create("destination", { ...table, columns, rows: [["1", "5", "1"]] });
      const error = await failure(copy(harness, { sourceTable: table.name }), "TYPE_MISMATCH");
      assert.equal(error.params["column"], "name");
      await assertUntouched(harness, table.name, [["1", "5", "1"]]);
    },
  },
  {
    side: "destination",
    area: "evolution",
    name: "a column that must have a value and gets none is refused by its name, and nothing is touched",
    run: async (harness) => {
      const table = people("required", 12);
      await harness.create("source", {
        ...table,
        columns: table.columns.slice(0, 2),
        rows: table.rows.map((row) => row.slice(0, 2)),
      });
      const columns = table.columns.map((column) => ({ ...column, isNullable: false }));
      await harness.create("destination", { ...table, columns, rows: [["1", "x", "1"]] });
      const error = await failure(copy(harness, { sourceTable: table.name }), "COLUMN_REQUIRED");
      assert.equal(error.params["column"], "amount");
      await assertUntouched(harness, table.name, [["1", "x", "1"]]);
    },
  },
  {
    side: "destination",
    area: "evolution",
    name: "a plan is made without changing anything, and says whether the table will be made",
    run: async (harness) => {
      const table = people("planned", 12);
      await harness.create("source", table);
      const before = await harness.tables("destination");
      await withEnds(harness, async (source, destination) => {
        const plan = await planRun(requestOf(source, destination, { sourceTable: table.name }));
        assert.equal(plan.createsTable, true);
        assert.ok(plan.statements.length > 0);
        assert.deepEqual(
          plan.columns.map(({ name }) => name),
          NAMES,
        );
      });
      assert.deepEqual(await harness.tables("destination"), before);
    },
  },
  {
    side: "source",
    area: "evolution",
    name: "a mapping arrives under its own names",
    needs: "canMap",
    run: async (harness) => {
      const table = people("mapped", 8);
      await harness.create("source", table);
      await copy(harness, { sourceTable: table.name, mapping: MAPPING });
      await assertArrived(
        harness,
        table.name,
        table.rows.map((row) => row.slice(0, 2)),
        ["id", "label"],
      );
    },
    refusal: async (harness) => {
      const table = people("unmapped", 8);
      await harness.create("source", table);
      const before = await harness.tables("destination");
      await failure(copy(harness, { sourceTable: table.name, mapping: MAPPING }), "UNSUPPORTED");
      assert.deepEqual(await harness.tables("destination"), before);
    },
  },
  {
    side: "destination",
    area: "evolution",
    name: "a comparison names the keys that differ where both ends can be read by their keys, and a repair mends just these; elsewhere it is refused",
    run: async (harness) => {
      const table = people("compared", 40);
      await harness.create("source", table);
      await harness.create("destination", { ...table, rows: [["2", "another", "0.5"], ...peopleRows(3, 40)] });
      const compare = () =>
        withEnds(harness, (source, destination) =>
          verifyTable(requestOf(source, destination, { sourceTable: table.name })),
        );
      const canCompare = await withEnds(harness, async (_source, { destination }) => destination?.keyed !== undefined);
      if (!canCompare) return void (await failure(compare(), "UNSUPPORTED"));
      const { differences, keyColumns } = await compare();
      assert.deepEqual(
        differences.map(({ key, kind }) => [key[0], kind]),
        [
          ["1", "missing"],
          ["2", "different"],
        ],
      );
      const repaired = await withEnds(harness, (source, destination) =>
        repairTable({
          ...requestOf(source, destination, { sourceTable: table.name, wireFormats: [BATCHES] }),
          differences,
          keyColumns,
          deletesUnexpected: false,
        }),
      );
      assert.deepEqual(repaired, { inserted: 1, updated: 1, deleted: 0, left: 0 });
      await assertArrived(harness, table.name, table.rows);
    },
  },
];
