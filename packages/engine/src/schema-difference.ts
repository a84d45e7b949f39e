import { isLeftOutOnly, isSameShape, type SchemaAgreement, type SchemaChange, type TableShape } from "@millrace/shared";
import type { CompareTypes } from "./connector.ts";
import type { ColumnUses } from "./schema-uses.ts";

const NO_USES: ColumnUses = { of: () => undefined, sourceOf: (name) => name };

/**
 * What has changed at both ends since they were agreed on, the source's changes first, each end's in the order of its columns
 * and its key last. Pure. `compare` knows the system's types; without it a type that differs is `type_changed`. Changes of the
 * source speak of its own columns, whatever they arrive as, and name what in the pipeline uses them.
 */
export function schemaDifference(
  agreed: SchemaAgreement,
  now: SchemaAgreement,
  compare: CompareTypes = () => "changed",
  uses = NO_USES,
): SchemaChange[] {
  const destination =
    agreed.destination && now.destination
      ? differenceAt("destination", agreed.destination, now.destination, compare)
      : [];
  return [...sourceDifference(agreed.source, now.source, compare, uses), ...destination];
}

function sourceDifference(
  agreed: TableShape,
  now: TableShape,
  compare: CompareTypes,
  uses: ColumnUses,
): SchemaChange[] {
  const there = new Set(now.used?.map(({ name }) => name));
  const arriving = differenceAt("source", agreed, now, compare).flatMap((change): SchemaChange[] => {
    const column = change.column === null ? null : (uses.sourceOf(change.column) ?? change.column);
    // What does not arrive although its column is there is refused for a reason of its own.
    const isRefused = change.kind === "column_removed" && column !== null && there.has(column);
    return isRefused ? [] : [{ ...change, column }];
  });
  const changes = new Map<string, SchemaChange>();
  // What a column is made of says more than what is made of it, and one that arrives twice has changed once.
  for (const change of [...usedDifference(agreed, now, compare, uses), ...arriving]) {
    const id = `${change.kind} ${change.column}`;
    const usedBy = change.column === null ? undefined : uses.of(change.column);
    if (!changes.has(id)) changes.set(id, usedBy ? { ...change, usedBy: [...usedBy] } : change);
  }
  return [...changes.values()];
}

/** Of the columns that the pipeline speaks of. One that only stays at the source may become what it likes. */
function usedDifference(agreed: TableShape, now: TableShape, compare: CompareTypes, uses: ColumnUses): SchemaChange[] {
  const types = new Map(now.used?.map(({ name, type }) => [name, type]));
  return (agreed.used ?? []).flatMap(({ name, type: before }): SchemaChange[] => {
    const usedBy = uses.of(name);
    if (now.used === undefined || usedBy === undefined) return [];
    const after = types.get(name) ?? null;
    const change = { side: "source", column: name, before, after } as const;
    if (after === null) return [{ ...change, kind: "column_removed" }];
    if (after === before || isLeftOutOnly(usedBy)) return [];
    return [{ ...change, kind: `type_${compare(before, after)}` }];
  });
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
