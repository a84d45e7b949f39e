import assert from "node:assert/strict";
import { formatTableName } from "@millrace/shared";
import type { ConformanceCase } from "./case.ts";
import { assertArrived, copy, people, tableName } from "./ends.ts";
import { HARD_NAMES } from "./names.ts";

/** Texts that mean something to some SQL, some COPY, some JSON or some shell. */
const HARD_TEXTS: readonly (string | null)[] = [
  "'; drop table victims; --",
  '"; drop table victims; --',
  "\\N",
  "\\.",
  "\\\\",
  "a\tb\nc\rd",
  "",
  " ",
  "NULL",
  "$1 ${x} %s {0}",
  '{"a": [1, null]}',
  "<script>alert(1)</script>",
  "\u0001\u007f\u0085\u2028\ufeff",
  "\u{1F468}\u200d\u{1F469} e\u0301 \u202Ex",
  `${"long ".repeat(2_000)}end`,
  null,
];

/** Names and values are never read as anything else. */
export const safety: readonly ConformanceCase[] = [
  {
    side: "destination",
    area: "safety",
    name: "tables and columns of any name arrive under that name, and nothing else appears or goes",
    run: async (harness) => {
      const columns = ["id", ...HARD_NAMES].map((name) => ({ name, type: "text" as const, isNullable: true }));
      const rows = HARD_TEXTS.map((text, index) => [String(index), ...HARD_NAMES.map(() => text)]);
      const before = await harness.tables("destination");
      const names = ['"; drop table victims; --', "Order", "a.b", "new\nline", "表"];
      for (const name of names) {
        const table = { schema: 'sch"ema', name };
        await harness.create("source", { name: table, columns, primaryKey: ["id"], rows });
        await copy(harness, { sourceTable: table });
        await assertArrived(harness, table, rows, ["id", ...HARD_NAMES]);
      }
      const made = names.map((name) => formatTableName({ schema: 'sch"ema', name }));
      assert.deepEqual([...(await harness.tables("destination"))].sort(), [...before, ...made].sort());
    },
  },
  {
    side: "source",
    area: "safety",
    name: "values are what they are in every wire format, and null is no text",
    run: async (harness) => {
      const table = { ...people("texts", 0), rows: HARD_TEXTS.map((text, index) => [String(index), text, "1.50"]) };
      await harness.create("source", table);
      for (const wireFormats of [undefined, ["batches"]]) {
        await copy(harness, { sourceTable: table.name, wireFormats });
        await assertArrived(harness, tableName("texts"), table.rows);
      }
    },
  },
];
