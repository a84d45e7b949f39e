import {
  type CursorLook,
  type CursorRange,
  type CursorRequest,
  isOfOrder,
  type TableDescription,
} from "@millrace/engine";
import { AppError, formatTableName, type IncrementalPolicy } from "@millrace/shared";
import type { MemoryTable } from "./memory-database.ts";
import { comparerOf, type MemoryType, type Row } from "./memory-types.ts";

/** See `SourceSide.assertCursor`. */
export function assertCursor(description: TableDescription, { cursor, lag }: IncrementalPolicy): void {
  const invalid = (reason: string) => new AppError("CURSOR_INVALID", { params: { cursor, reason, side: "source" } });
  const column = description.columns.find(({ name }) => name === cursor);
  if (!column) throw invalid(`${formatTableName(description)} has no such column`);
  if (comparerOf(column.type as MemoryType) === null) {
    throw invalid(`values of type ${column.type} have no order to go by`);
  }
  if (lag !== null && lag > 0) throw invalid(`values of type ${column.type} have no lag`);
}

/** See `SourceSide.lookAtCursor`. Nothing is ever open here, so the greatest value is one up to which everything is there. */
export function lookAtCursor({ columns, rows }: MemoryTable, request: CursorRequest): CursorLook {
  const { policy, window } = request;
  const { cursor, nulls } = policy;
  const at = columns.findIndex(({ name }) => name === cursor);
  const type = columns[at]?.type ?? "text";
  const isNullable = columns[at]?.isNullable === true;
  const place = { column: cursor, nulls, isNullable, type };
  if (window) return { range: { ...place, ...window }, order: type, position: null, notes: [] };
  const compare = comparerOf(type) ?? (() => 0);
  const from = request.from && isOfOrder(request.from, type) ? request.from.value : null;
  let greatest = from;
  for (const row of rows) {
    const value = row[at] ?? null;
    if (value !== null && (greatest === null || compare(value, greatest) > 0)) greatest = value;
  }
  const range: CursorRange = { ...place, from, to: null };
  return { range, order: type, position: greatest, notes: [] };
}

/** The rows of the range, and how many rows have no cursor. Throws `CURSOR_NULL`. */
export function rowsInRange(
  table: string,
  { columns, rows }: MemoryTable,
  { column, nulls, from, to }: CursorRange,
): { readonly rows: readonly Row[]; readonly nullCount: number } {
  const at = columns.findIndex(({ name }) => name === column);
  const compare = comparerOf(columns[at]?.type ?? "text") ?? (() => 0);
  const nullCount = rows.filter((row) => (row[at] ?? null) === null).length;
  if (nullCount > 0 && nulls === "fail") {
    throw new AppError("CURSOR_NULL", { params: { count: nullCount, table, cursor: column, side: "source" } });
  }
  const isInRange = (row: Row) => {
    const value = row[at] ?? null;
    if (value === null) return nulls === "include";
    return (from === null || compare(value, from) >= 0) && (to === null || compare(value, to) <= 0);
  };
  return { rows: rows.filter(isInRange), nullCount };
}
