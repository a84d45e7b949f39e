import { isSameShape, type SchemaAgreement, type SchemaChange, type TableShape } from "@millrace/shared";
import type { CompareTypes, TableDescription } from "./connector.ts";

/** What is agreed on of a table. */
export const shapeOf = ({ columns, primaryKey }: TableDescription): TableShape => ({
  columns: columns.map(({ name, type, isNullable }) => ({ name, type, isNullable })),
  primaryKey: [...primaryKey],
});

/**
 * What has changed at both ends since they were agreed on, the source's changes first, each end's in the order of its columns
 * and its key last. Pure. `compare` knows the system's types; without it a type that differs is `type_changed`.
 */
export function schemaDifference(
  agreed: SchemaAgreement,
  now: SchemaAgreement,
  compare: CompareTypes = () => "changed",
): SchemaChange[] {
  const destination =
    agreed.destination && now.destination
      ? differenceAt("destination", agreed.destination, now.destination, compare)
      : [];
  return [...differenceAt("source", agreed.source, now.source, compare), ...destination];
}

function differenceAt(
  side: SchemaChange["side"],
  agreed: TableShape,
  now: TableShape,
  compare: CompareTypes,
): SchemaChange[] {
  if (isSameShape(agreed, now)) return [];
  const before = new Map(agreed.columns.map((column) => [column.name, column]));
  const after = new Map(now.columns.map((column) => [column.name, column]));
  const changes: SchemaChange[] = [];
  for (const { name, type, isNullable } of agreed.columns) {
    const column = after.get(name);
    if (!column) {
      changes.push({ side, kind: "column_removed", column: name, before: type, after: null });
      continue;
    }
    if (column.type !== type) {
      changes.push({
        side,
        kind: `type_${compare(type, column.type)}`,
        column: name,
        before: type,
        after: column.type,
      });
    }
    if (column.isNullable === isNullable) continue;
    const kind = column.isNullable ? "nullability_loosened" : "nullability_tightened";
    changes.push({ side, kind, column: name, before: type, after: column.type });
  }
  for (const { name, type } of now.columns) {
    if (!before.has(name)) changes.push({ side, kind: "column_added", column: name, before: null, after: type });
  }
  const [from, to] = [keyOf(agreed), keyOf(now)];
  if (from !== to) changes.push({ side, kind: "key_changed", column: null, before: from, after: to });
  return changes;
}

const keyOf = ({ primaryKey }: TableShape): string | null => (primaryKey.length === 0 ? null : primaryKey.join(", "));
