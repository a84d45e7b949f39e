import type { TableSummary } from "@millrace/shared";
import { expect, it } from "vitest";
import { nextTable, rowsOf } from "./table-rows.ts";

const table = (schema: string, name: string): TableSummary => ({
  schema,
  name,
  kind: "table",
  reference: `${schema}.${name}`,
  estimatedRows: null,
  estimatedBytes: null,
  isReadable: true,
});
const tables = [table("public", "Orders"), table("public", "order_lines"), table("sales", "orders")];
const shown = (search: string) =>
  rowsOf(tables, search).map((row) => (row.kind === "schema" ? `${row.schema} (${row.tableCount})` : row.table.name));

it("tables stand under their schema, narrowed by every word of the search", () => {
  expect(shown("")).toEqual(["public (2)", "Orders", "order_lines", "sales (1)", "orders"]);
  expect(shown("ORDERS")).toEqual(["public (1)", "Orders", "sales (1)", "orders"]);
  expect(shown("sales ord")).toEqual(["sales (1)", "orders"]);
  expect(shown("public.order_")).toEqual(["public (1)", "order_lines"]);
  expect(shown("none")).toEqual([]);
});

it("arrow keys go from table to table, past the headings", () => {
  const rows = rowsOf(tables, "");
  expect([nextTable(rows, -1, 1), nextTable(rows, 2, 1), nextTable(rows, 4, 1)]).toEqual([1, 4, -1]);
  expect([nextTable(rows, 4, -1), nextTable(rows, 1, -1), nextTable(rows, 5, -1)]).toEqual([2, -1, 4]);
});
