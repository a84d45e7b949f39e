import type { TableSummary } from "@millrace/shared";
import { describe, expect, it } from "vitest";
import { nextTableRow, pickerRows } from "./table-groups.ts";

const table = (schema: string, name: string): TableSummary => ({
  schema,
  name,
  reference: `${schema}.${name}`,
  kind: "table",
  estimatedRows: null,
  estimatedBytes: null,
  isReadable: true,
});
const TABLES = [table("Sales", "orders"), table("Sales", "order_lines"), table("public", "customers")];
const shown = (search: string) =>
  pickerRows(TABLES, search).map((row) => (row.kind === "schema" ? `${row.schema} (${row.count})` : row.table.name));

describe("the rows of a table picker", () => {
  it("stand below their schemas, in the order of the server", () => {
    expect(shown("")).toEqual(["Sales (2)", "orders", "order_lines", "public (1)", "customers"]);
  });

  it("have every word of the search, in schema or name, whatever its case", () => {
    expect(shown("ORDER")).toEqual(["Sales (2)", "orders", "order_lines"]);
    expect(shown("sales lines")).toEqual(["Sales (1)", "order_lines"]);
    expect(shown("public.cust")).toEqual(["public (1)", "customers"]);
    expect(shown("nothing")).toEqual([]);
  });

  it("are walked without stopping at a schema, and not past either end", () => {
    const rows = pickerRows(TABLES, "");
    expect(nextTableRow(rows, -1, 1)).toBe(1);
    expect(nextTableRow(rows, 2, 1)).toBe(4);
    expect(nextTableRow(rows, 4, -1)).toBe(2);
    expect(nextTableRow(rows, 4, 1)).toBe(4);
    expect(nextTableRow(rows, 1, -1)).toBe(1);
    expect(nextTableRow(rows, 1, 10)).toBe(4);
    expect(nextTableRow([], -1, 1)).toBe(-1);
  });
});
