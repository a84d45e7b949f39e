import type { TablePlan } from "@millrace/engine";
import { AppError, formatTableName, type RowChanges } from "@millrace/shared";
import type { MemoryTable } from "./memory-database.ts";
import type { MemoryPlan } from "./memory-plan.ts";
import type { Row, Value } from "./memory-types.ts";

/** What tells a row from others, as one text. */
export function keyReader(columns: MemoryTable["columns"], key: readonly string[]): (row: Row) => string {
  const places = key.map((name) => columns.findIndex((column) => column.name === name));
  return (row) => JSON.stringify(places.map((at): Value => row[at] ?? null));
}

/**
 * Brings the rows to their keys: of several with one key the last. Columns that do not arrive keep what is there. `keys` are those
 * that the source still has. Throws `KEY_NULL`, `TOO_MANY_DELETES`.
 */
export function mergeRows(
  plan: TablePlan,
  existing: readonly Row[],
  arrived: readonly Row[],
  keys: ReadonlySet<string> | null,
): { readonly rows: readonly Row[]; readonly changes: RowChanges } {
  const { target, key, deletes } = plan.detail as MemoryPlan;
  const keyOf = keyReader(target.columns, key);
  assertKeys(plan, arrived);
  const latest = new Map(arrived.map((row) => [keyOf(row), row]));
  const there = new Set(keys ?? latest.keys());
  const isGone = (row: Row) => deletes.mode === "hard" && !there.has(keyOf(row));
  const gone = existing.filter(isGone).length;
  assertShare(plan, gone, existing.length, deletes.maxPercent);

  const arrives = target.columns.map(({ name }) => plan.columns.some((column) => column.name === name));
  const counts = { inserted: 0, updated: 0, unchanged: 0 };
  const kept = existing
    .filter((row) => !isGone(row))
    .map((row) => {
      const other = latest.get(keyOf(row));
      if (!other) return row;
      latest.delete(keyOf(row));
      const merged = row.map((value, at) => (arrives[at] === true ? (other[at] ?? null) : value));
      const isEqual = merged.every((value, at) => value === row[at]);
      counts[isEqual ? "unchanged" : "updated"] += 1;
      return isEqual ? row : merged;
    });
  counts.inserted = latest.size;
  const changes = { ...counts, deleted: gone, duplicates: arrived.length - new Set(arrived.map(keyOf)).size };
  return { rows: [...kept, ...latest.values()], changes };
}

function assertKeys({ destinationTable, detail }: TablePlan, rows: readonly Row[]): void {
  const { target, key } = detail as MemoryPlan;
  const places = key.map((name) => target.columns.findIndex((column) => column.name === name));
  const count = rows.filter((row) => places.some((at) => row[at] === null)).length;
  if (count === 0) return;
  const table = formatTableName(destinationTable);
  throw new AppError("KEY_NULL", { params: { count, table, key: key.join(", "), side: "source" } });
}

/** Throws `TOO_MANY_DELETES`. */
export function assertShare(plan: TablePlan, count: number, total: number, percent: number): void {
  if (count * 100 <= total * percent) return;
  const table = formatTableName(plan.destinationTable);
  throw new AppError("TOO_MANY_DELETES", { params: { count, total, table, percent, side: "destination" } });
}
