import type { TableDescription } from "@millrace/engine";
import { formatTableName, type RowPreview, type TableName, type TableSummary } from "@millrace/shared";
import type { MemoryTable } from "./memory-database.ts";

export function summaryOf(table: TableName, { rows }: MemoryTable): TableSummary {
  const { schema, name } = table;
  return {
    schema,
    name,
    kind: "table",
    reference: formatTableName(table),
    estimatedRows: rows.length,
    estimatedBytes: null,
    isReadable: true,
  };
}

export function describe(table: TableName, found: MemoryTable): TableDescription {
  const { isReadable: _isReadable, ...summary } = summaryOf(table, found);
  return {
    ...summary,
    columns: found.columns.map((column) => ({ ...column, isGenerated: false, hasDefault: false })),
    primaryKey: found.primaryKey,
    system: "memory",
    detail: found,
  };
}

/** The table behind a description. */
export const tableOf = ({ detail }: TableDescription): MemoryTable => detail as MemoryTable;

export const previewOf = ({ columns, rows }: Pick<MemoryTable, "columns" | "rows">, limit: number): RowPreview => ({
  columns: columns.map(({ name }) => name),
  rows: rows.slice(0, limit).map((row) => [...row]),
});
