import type { Connection } from "@millrace/engine";
import { AppError, formatTableName, parseTableName, type TableName, type TableSummary } from "@millrace/shared";
import type { CopyOptions } from "../commands/copy.command.ts";

/** One table that is to be copied. */
export interface TableTask {
  readonly source: TableName;
  readonly destination: TableName;
}

/** What `--table` names: one table, or all of a schema. */
export type TablePattern = { readonly table: TableName } | { readonly schema: string };

/** A star that is not in quotes and stands for the whole name is a pattern. Throws `TABLE_NAME_INVALID`. */
export function parsePattern(text: string): TablePattern {
  if (text === "*") return { schema: "public" };
  if (!text.endsWith(".*")) return { table: parseTableName(text) };
  const schema = parseTableName(text.slice(0, -".*".length), "");
  if (schema.schema !== "") throw new AppError("TABLE_NAME_INVALID", { params: { table: text.slice(0, 140) } });
  return { schema: schema.name };
}

/**
 * The tables to copy, each once, in the order that they were asked for; with several jobs the largest first, so that the
 * last to end is not one that began late. A table that is named need not exist: copying it says so. Throws `NOTHING_TO_COPY`
 * for a schema without tables.
 */
export async function selectTables(
  patterns: readonly TablePattern[],
  toTable: TableName | null,
  { jobs }: Pick<CopyOptions, "jobs">,
  source: Connection,
  signal: AbortSignal,
): Promise<TableTask[]> {
  const isListNeeded = patterns.some((pattern) => "schema" in pattern) || (jobs > 1 && patterns.length > 1);
  const listed = isListNeeded ? await source.listTables(signal) : [];
  const tables = new Map<string, TableName>();
  for (const pattern of patterns) {
    for (const { schema, name } of matches(pattern, listed))
      tables.set(formatTableName({ schema, name }), { schema, name });
  }
  const selected = [...tables].map(([key, table]) => ({ key, task: { source: table, destination: toTable ?? table } }));
  if (jobs > 1) {
    const bytes = new Map(listed.map((table) => [formatTableName(table), table.estimatedBytes ?? 0]));
    selected.sort((a, b) => (bytes.get(b.key) ?? 0) - (bytes.get(a.key) ?? 0));
  }
  return selected.map(({ task }) => task);
}

function matches(pattern: TablePattern, listed: readonly TableSummary[]): readonly TableName[] {
  if ("table" in pattern) return [pattern.table];
  const found = listed.filter(
    ({ schema, kind }) => schema === pattern.schema && (kind === "table" || kind === "partitioned_table"),
  );
  if (found.length === 0) {
    // `schema.*`, spelt as it would have to be asked for.
    const schema = formatTableName({ schema: pattern.schema, name: "x" }).slice(0, -".x".length);
    throw new AppError("NOTHING_TO_COPY", { params: { pattern: `${schema}.*` } });
  }
  return found;
}
