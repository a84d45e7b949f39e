import {
  DEFAULT_POLICIES,
  filterColumns,
  hasKey,
  isPlainMapping,
  type SchemaUse,
  type TableShape,
} from "@millrace/shared";
import type { SourceSession, TableDescription } from "./connector.ts";
import type { RunRequest } from "./run.ts";

/** What is known of a source: before its mapping, under it, and what of the mapping cannot be. */
export type ReadSource = Pick<SourceSession, "base" | "description" | "columns" | "refusals">;

/** Which parts of the pipeline speak of which columns of the source. */
export interface ColumnUses {
  /** Of the source's column; undefined where none does. */
  of(column: string): readonly SchemaUse[] | undefined;
  /** The source's column that arrives under the name; null for a constant. */
  sourceOf(name: string): string | null;
}

type Asked = Pick<RunRequest, "mapping" | "policies" | "writeMode">;

/** Pure. `existing` is what stands at the destination, whose key counts where rows find their place by it. */
export function usesOf({ mapping, policies, writeMode }: Asked, existing: TableDescription | null): ColumnUses {
  const uses = new Map<string, SchemaUse[]>();
  const add = (column: string | null, use: SchemaUse) => {
    if (column !== null) uses.set(column, [...(uses.get(column) ?? []), use]);
  };
  const { columns = [], exclude = [], filter = null } = mapping?.mapping ?? {};
  const sources = new Map(columns.map(({ name, source }) => [name, source]));
  const sourceOf = (name: string) => sources.get(name) ?? (sources.has(name) ? null : name);
  for (const { source, name } of columns) add(source, { part: "mapping", name });
  for (const column of filter ? filterColumns(filter) : []) add(column, { part: "row_filter" });
  add(policies?.incremental?.cursor ?? null, { part: "cursor" });
  for (const name of keyOf({ policies, writeMode }, existing)) add(sourceOf(name), { part: "key" });
  for (const column of exclude) add(column, { part: "exclusion" });
  return { of: (column) => uses.get(column), sourceOf };
}

/** As the columns arrive. The source's own key is no use of it: a key that changes is a change by itself. */
function keyOf(
  { policies = DEFAULT_POLICIES, writeMode }: Pick<RunRequest, "policies" | "writeMode">,
  existing: TableDescription | null,
): readonly string[] {
  if (!hasKey(writeMode)) return [];
  return policies.key ?? (writeMode === "merge" ? (existing?.primaryKey ?? []) : []);
}

/** What is agreed on of a table. */
export const shapeOf = ({ columns, primaryKey }: TableDescription): TableShape => ({
  columns: columns.map(({ name, type, isNullable }) => ({ name, type, isNullable })),
  primaryKey: [...primaryKey],
});

/** What is agreed on of a source: what arrives, and where that is mapped the columns that it is made of and read by. */
export function readShape(request: Asked, { base, description }: Pick<ReadSource, "base" | "description">): TableShape {
  const shape = shapeOf(description);
  if (request.mapping === undefined || isPlainMapping(request.mapping.mapping)) return shape;
  const uses = usesOf(request, null);
  const used = base.columns.filter(({ name }) => uses.of(name) !== undefined);
  return { ...shape, used: used.map(({ name, type }) => ({ name, type })) };
}
