import { BATCH_TYPES, type BatchType } from "@millrace/engine";
import { AppError } from "@millrace/shared";

/** A column's type is what a batch says of its values, less `native`: nothing else spells its values as this connector does. */
export type MemoryType = Exclude<BatchType, "native">;

export const MEMORY_TYPES: readonly MemoryType[] = BATCH_TYPES.filter((type) => type !== "native");

/** A value as it is kept: a batch's text, bytes as hexadecimal digits. */
export type Value = string | null;
export type Row = readonly Value[];

const INT8 = [-(2n ** 63n), 2n ** 63n - 1n] as const;
const DECIMAL = /^(?:-?\d+(?:\.\d+)?|NaN|-?Infinity)$/;
const FLOAT = /^(?:-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|NaN|-?Infinity)$/;
const DATE = /^(?:\d{4,}-\d\d-\d\d(?: BC)?|-?infinity)$/;
const TIME = /^\d\d:\d\d:\d\d(?:\.\d{1,6})?$/;
const TIMESTAMP = /^(?:\d{4,}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?(?: BC)?|-?infinity)$/;
const TIMESTAMPTZ = /^(?:\d{4,}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?[+-]\d\d(?::\d\d)?(?: BC)?|-?infinity)$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const HEX = /^(?:[0-9a-f]{2})*$/;

const IS_VALID: Readonly<Record<MemoryType, (text: string) => boolean>> = {
  boolean: (text) => text === "t" || text === "f",
  integer: (text) => /^-?\d+$/.test(text),
  decimal: (text) => DECIMAL.test(text),
  float: (text) => FLOAT.test(text),
  text: (text) => !text.includes("\0"),
  json: isJson,
  bytes: (text) => HEX.test(text),
  date: (text) => DATE.test(text),
  time: (text) => TIME.test(text),
  timestamp: (text) => TIMESTAMP.test(text),
  timestamptz: (text) => TIMESTAMPTZ.test(text),
  uuid: (text) => UUID.test(text),
};

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Throws `VALUE_INVALID` or `VALUE_OUT_OF_RANGE`, naming the column. */
export function assertValue(type: MemoryType, text: string, column: string): void {
  const params = { column, side: "destination" };
  if (!IS_VALID[type](text)) throw new AppError("VALUE_INVALID", { params });
  if (type !== "integer") return;
  const value = BigInt(text);
  if (value < INT8[0] || value > INT8[1]) throw new AppError("VALUE_OUT_OF_RANGE", { params });
}

export const toBytes = (type: BatchType, value: Value): Buffer | null =>
  value === null ? null : Buffer.from(value, type === "bytes" ? "hex" : "utf8");

export const toValue = (type: BatchType, bytes: Buffer | null): Value =>
  bytes === null ? null : bytes.toString(type === "bytes" ? "hex" : "utf8");

/** Whether every value of the one type is one of the other, spelled alike. */
export const isWidening = (from: MemoryType, to: MemoryType): boolean =>
  from === to || to === "text" || (from === "integer" && to === "decimal");

const ORDERED_AS_TEXT: ReadonlySet<MemoryType> = new Set(["text", "uuid", "date", "timestamp", "timestamptz"]);

/** Types whose values have an order to go by, and how two of them compare. */
export function comparerOf(type: MemoryType): ((a: string, b: string) => number) | null {
  if (type === "integer") return (a, b) => Number(BigInt(a) > BigInt(b)) - Number(BigInt(a) < BigInt(b));
  return ORDERED_AS_TEXT.has(type) ? (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)) : null;
}
