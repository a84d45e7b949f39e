import type { TableSummary } from "@millrace/shared";

/** A line of the list: the heading of a schema, or one of its tables. */
export type TableRow =
  | { readonly kind: "schema"; readonly schema: string; readonly tableCount: number }
  | { readonly kind: "table"; readonly table: TableSummary };

/** The tables that match, under their schemas. Each word of the search is part of `schema.name`, whatever its case. */
export function rowsOf(tables: readonly TableSummary[], search: string): TableRow[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const bySchema = new Map<string, TableSummary[]>();
  for (const table of tables) {
    const text = `${table.schema}.${table.name}`.toLowerCase();
    if (!words.every((word) => text.includes(word))) continue;
    const group = bySchema.get(table.schema);
    if (group) group.push(table);
    else bySchema.set(table.schema, [table]);
  }
  return [...bySchema].flatMap(([schema, group]): TableRow[] => [
    { kind: "schema", schema, tableCount: group.length },
    ...group.map((table) => ({ kind: "table", table }) as const),
  ]);
}

/** The next row that is a table, from `index` on in one direction; -1 where there is none. */
export function nextTable(rows: readonly TableRow[], index: number, step: 1 | -1): number {
  for (let at = index + step; at >= 0 && at < rows.length; at += step) {
    if (rows[at]?.kind === "table") return at;
  }
  return -1;
}
