import type { ChangedRow } from "@millrace/shared";
import type { ChangeKind } from "./change-looks.ts";

/** A column of the table of changed rows. */
export interface ShownColumn {
  readonly name: string;
  /** Its place among the values of a row. */
  readonly index: number;
  readonly isKey: boolean;
}

/** The key first, then all others; of updated rows only those that differ in any that is shown. */
export function shownColumns(
  kind: ChangeKind,
  rows: readonly ChangedRow[],
  columns: readonly string[],
  keyColumns: readonly string[],
): ShownColumn[] {
  const changed = new Set(rows.flatMap((row) => row.changed));
  const all = columns.map((name, index) => ({ name, index, isKey: keyColumns.includes(name) }));
  const others = all.filter(({ name, isKey }) => !isKey && (kind !== "updated" || changed.has(name)));
  return [...all.filter(({ isKey }) => isKey), ...others];
}
