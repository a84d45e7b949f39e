import { formatTableName } from "@millrace/shared";
import { formatBytes, formatCount, visible, visibleTable } from "./figures.ts";
import type { PlannedTable } from "./plan-tables.ts";
import { failureLines } from "./report.ts";

/** The one object that `--plan --json` prints, without a value of any row. Its shape is a promise to scripts: `docs/copy.md`. */
export const planJson = (tables: readonly PlannedTable[]): object => ({
  status: tables.every(({ error }) => error === null) ? "planned" : "refused",
  tables: tables.map(({ task, preview, changes, isUpperBound, error }) => ({
    table: formatTableName(task.source),
    destination_table: formatTableName(task.destination),
    wire_format: preview?.plan?.wireFormat ?? null,
    chunks: preview?.chunkCount ?? null,
    statements: preview?.statements ?? [],
    warnings: preview?.plan?.warnings ?? [],
    estimated_rows: preview?.source.estimatedRows ?? null,
    estimated_bytes: preview?.source.estimatedBytes ?? null,
    source_rows: changes?.sourceRows ?? null,
    destination_rows: changes?.destinationRows ?? null,
    changes: changes?.counts ?? null,
    is_upper_bound: isUpperBound,
    ...(error && { error: { code: error.code, message: error.message, hint: error.hint } }),
  })),
});

/** The same for people, table by table. */
export const planLines = (tables: readonly PlannedTable[]): string[] =>
  tables.flatMap((table, index) => [...(index === 0 ? [] : [""]), ...tableLines(table)]);

function tableLines({ task, preview, changes, isUpperBound, error }: PlannedTable): string[] {
  const plan = preview?.plan;
  const size = preview?.source.estimatedBytes ?? null;
  return [
    `${visibleTable(task.source)} -> ${visibleTable(task.destination)}`,
    ...(plan
      ? [`  ${plan.wireFormat}${size === null ? "" : `, about ${formatBytes(size)}`}${partsText(preview)}`]
      : []),
    ...(changes ? [`  ${visible(changesText(changes))}`] : []),
    ...(changes && isUpperBound
      ? ["  rows that are refused would be set aside, so fewer may be inserted and updated"]
      : []),
    ...(plan?.warnings ?? []).map((warning) => `  warning: ${visible(warning)}`),
    ...(preview?.statements ?? []).map((statement) => `  ${visible(statement)};`),
    ...(error ? failureLines(error, "  refused").map((line, index) => (index === 0 ? line : `  ${line}`)) : []),
  ];
}

function changesText({ counts, sourceRows, destinationRows }: NonNullable<PlannedTable["changes"]>): string {
  const rows = `${formatCount(sourceRows ?? 0)} rows to read, ${formatCount(destinationRows ?? 0)} are there now`;
  if (counts === null) return `${rows}; without a key they are not told apart`;
  const { inserted, updated, deleted, unchanged, duplicates } = counts;
  const figures = [
    `+${formatCount(inserted)} inserted`,
    `~${formatCount(updated)} updated`,
    `-${formatCount(deleted)} deleted`,
    `${formatCount(unchanged)} unchanged`,
    ...(duplicates === 0 ? [] : [`${formatCount(duplicates)} that share a key with a later one`]),
  ];
  return `${rows}: ${figures.join(", ")}`;
}

function partsText(preview: PlannedTable["preview"]): string {
  const count = preview?.chunkCount ?? 1;
  return count === 1 ? "" : `, in ${formatCount(count)} parts`;
}
