import type { TableSummary } from "@millrace/shared";

/** What a row of the picker shows: the name of a schema, or a table with its place among all that match. */
export type PickerRow =
  | { readonly kind: "schema"; readonly schema: string; readonly count: number }
  | { readonly kind: "table"; readonly table: TableSummary; readonly position: number };

/**
 * The tables whose `schema.name` has every word of the search, whatever its case, below their schemas. Keeps the order of the
 * server, which is by schema and name.
 */
export function pickerRows(tables: readonly TableSummary[], search: string): PickerRow[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = tables.filter(({ schema, name }) => {
    const text = `${schema}.${name}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const bySchema = Map.groupBy(found, ({ schema }) => schema);
  let position = 0;
  return [...bySchema].flatMap(([schema, inSchema]): PickerRow[] => [
    { kind: "schema", schema, count: inSchema.length },
    ...inSchema.map((table): PickerRow => ({ kind: "table", table, position: ++position })),
  ]);
}

/** The row that a key leads to from `from`, past names of schemas; `from` itself where there is none. */
export function nextTableRow(rows: readonly PickerRow[], from: number, step: number): number {
  const direction = Math.sign(step);
  let target = from;
  let left = Math.abs(step);
  for (let index = from + direction; index >= 0 && index < rows.length && left > 0; index += direction) {
    if (rows[index]?.kind !== "table") continue;
    target = index;
    left -= 1;
  }
  return target;
}
