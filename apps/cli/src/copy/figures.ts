import { formatTableName, type TableName } from "@millrace/shared";

const UNITS = ["B", "KB", "MB", "GB", "TB"] as const;

/** With a comma between thousands. */
export const formatCount = (count: number): string => Math.round(count).toLocaleString("en-US");

/** In powers of 1000, three digits: `1.02 GB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toPrecision(3)} ${UNITS[unit]}`;
}

export const formatRate = (rows: number, durationMs: number): string =>
  durationMs > 0 ? formatCount((rows / durationMs) * 1000) : "";

// Control characters, line and paragraph separators, and what turns the direction of writing.
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/gu;

/** Text that holds names from a database, for a terminal: what could move the cursor or forge a line is shown as its code. */
export const visible = (text: string): string =>
  text.replaceAll(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);

/** A table's name for a terminal. */
export const visibleTable = (table: TableName): string => visible(formatTableName(table));
