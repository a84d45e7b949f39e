import type { AppError, KeyDifference, Verification } from "@millrace/shared";
import { formatCount, visible } from "../copy/figures.ts";
import type { VerifyResult } from "./run-verify.ts";

/** The one object that `--json` prints. Its shape is a promise to scripts: `docs/verify.md`. */
export function verificationJson({ table, found, repaired, after }: VerifyResult): object {
  return {
    status: (after ?? found).isEqual ? "equal" : "different",
    table,
    ...foundJson(found),
    ...(repaired && { repaired }),
    ...(after && { after: foundJson(after) }),
  };
}

export const foundJson = (found: Verification): object => ({
  source_rows: found.sourceRows,
  destination_rows: found.destinationRows,
  key_columns: found.keyColumns,
  difference_count: found.differenceCount,
  is_complete: found.isComplete,
  differences: found.differences,
  ...(found.chunk && { chunk: found.chunk }),
});

/** The same for people. */
export function verificationLines({ table, found, repaired, after }: VerifyResult): string[] {
  const lines = foundLines(table, found);
  if (repaired) {
    const { inserted, updated, deleted, left } = repaired;
    lines.push(`repaired: ${inserted} inserted, ${updated} updated, ${deleted} deleted`);
    if (left > 0)
      lines.push(`${formatCount(left)} rows that only the destination has were left; --delete deletes them`);
  }
  return after ? [...lines, ...foundLines(table, after)] : lines;
}

export function foundLines(table: string, found: Verification): string[] {
  const { chunk } = found;
  const name = `${visible(table)}${chunk ? `, chunk ${chunk.number} of ${chunk.count}` : ""}`;
  const rows = `${formatCount(found.sourceRows)} rows at the source, ${formatCount(found.destinationRows)} at the destination`;
  if (found.isEqual) return [`${name}: equal, ${rows}`];
  if (found.differenceCount === null) {
    const why = found.keyColumns.length === 0 ? "without a key no rows can be named" : "the keys could not be listed";
    return [`${name}: different, ${rows}; ${why}`];
  }
  const more = found.isComplete ? "" : `, the first ${formatCount(found.differences.length)} are listed`;
  return [
    `${name}: different, ${rows}; ${found.differenceCount === 1 ? "1 key differs" : `${formatCount(found.differenceCount)} keys differ`}${more}`,
    ...found.differences.map((difference) => `  ${differenceLine(found.keyColumns, difference)}`),
  ];
}

const KINDS = {
  missing: "missing at the destination",
  unexpected: "only at the destination",
  different: "differs in",
} as const satisfies Record<KeyDifference["kind"], string>;

function differenceLine(keyColumns: readonly string[], { key, kind, columns }: KeyDifference): string {
  const values = keyColumns.map((column, index) => `${column} ${key[index] ?? ""}`).join(", ");
  return visible(`${values}: ${KINDS[kind]}${kind === "different" ? ` ${columns.join(", ")}` : ""}`);
}

export const errorLines = ({ message, code, hint }: AppError): string[] => [
  `error: ${visible(message)} [${code}]`,
  `  ${visible(hint)}`,
];
