import { type AppError, formatDigest, formatTableName, type VerificationMode } from "@millrace/shared";
import type { TableResult } from "./copy-tables.ts";
import { foundJson, foundLines } from "../verify/verify-report.ts";
import { formatBytes, formatCount, formatRate, visible, visibleTable } from "./figures.ts";

/** What a copy came to. */
export interface CopyReport {
  /** `success`: every table was verified, or loaded where less was asked for. */
  readonly status: "success" | "failed" | "cancelled";
  readonly tables: readonly TableResult[];
  /** Why nothing could start; null when tables were tried. */
  readonly error: AppError | null;
}

/** Whether all that was asked for has happened to the table. */
export const isDone = ({ outcome }: TableResult, asked: VerificationMode): boolean =>
  outcome !== null && (outcome.proof.isVerified === true || asked !== "full");

/** The one object that `--json` prints. Its shape is a promise to scripts: `docs/copy.md`. */
export function reportJson({ status, tables, error }: CopyReport): object {
  return { status, tables: tables.map(tableJson), ...(error && { error: errorJson(error) }) };
}

function tableJson(result: TableResult): object {
  const { outcome, error, task } = result;
  const proof = outcome?.proof;
  return {
    table: formatTableName(task.source),
    rows_read: outcome ? outcome.rowsRead : result.rowsRead,
    rows_written: outcome?.rowsWritten ?? 0,
    rows_quarantined: outcome?.rowsQuarantined ?? 0,
    bytes: outcome ? outcome.proof.bytes : result.bytes,
    duration_ms: outcome ? outcome.proof.durationMs : result.durationMs,
    verified:
      error?.code === "DIGEST_MISMATCH" || error?.code === "COUNT_MISMATCH" ? false : (proof?.isVerified ?? null),
    source_digest: proof?.sourceDigest ? formatDigest(proof.sourceDigest) : null,
    destination_digest: proof?.destinationDigest ? formatDigest(proof.destinationDigest) : null,
    wire_format: proof?.wireFormat ?? null,
    ...(proof?.verification === "count" && { verification: "count" }),
    ...(proof?.changes && { changes: proof.changes }),
    ...(error && { error: errorJson(error) }),
    ...(error && result.found && { found: foundJson(result.found) }),
  };
}

const errorJson = ({ code, message, hint }: AppError) => ({ code, message, hint });

/** The report as a table for people, one line a table and one for all when there are several. */
export function reportLines({ tables }: CopyReport): string[] {
  const rows = [["table", "rows", "bytes", "seconds", "rows/s", "result"], ...tables.map(resultCells)];
  const done = tables.flatMap(({ outcome }) => outcome ?? []);
  if (tables.length > 1) {
    const rowCount = done.reduce((sum, { rowsWritten }) => sum + rowsWritten, 0);
    const bytes = done.reduce((sum, { proof }) => sum + proof.bytes, 0);
    rows.push([`${tables.length} tables`, formatCount(rowCount), formatBytes(bytes), "", "", `${done.length} arrived`]);
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0))) ?? [];
  return rows.map((cells) =>
    cells
      .map((cell, column) => align(cell, column, widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

function resultCells({ task, outcome, error }: TableResult): string[] {
  const name = visibleTable(task.source);
  if (error) return [name, "", "", "", "", error.code === "RUN_CANCELLED" ? "cancelled" : `failed [${error.code}]`];
  const { bytes, durationMs, isVerified, verification } = outcome.proof;
  const seconds = (durationMs / 1000).toFixed(2);
  const rate = formatRate(outcome.rowsRead, durationMs);
  return [
    name,
    formatCount(outcome.rowsWritten),
    formatBytes(bytes),
    seconds,
    rate,
    isVerified ? "verified" : verification === "count" ? "counts equal" : "loaded",
  ];
}

/** Names and words to the left, figures to the right. */
const align = (cell: string, column: number, width: number) =>
  column === 0 || column === 5 ? cell.padEnd(width) : cell.padStart(width);

/** The keys that differ, of tables that failed for that. Keys are values of rows, so they go where the rows' owner reads, and into no log. */
export const differenceLines = ({ tables }: CopyReport): string[] =>
  tables.flatMap(({ error, task, ...result }) =>
    error && "found" in result && result.found ? foundLines(formatTableName(task.source), result.found) : [],
  );

/** A failure in the words of the table of errors: where, the sentence, its code, and what to do. */
export function failureLines({ message, code, hint }: AppError, where = "error"): string[] {
  return [`${where}: ${visible(message)} [${code}]`, `  ${visible(hint)}`];
}
