import type { Key, KeyRange } from "@millrace/engine";
import { quoteLiteral } from "./postgres-identifiers.ts";

/** One column of a key: how it is compared, spelled and written down alike at both ends. */
export interface KeyColumn {
  readonly name: string;
  /** As the end calls its value. */
  readonly value: string;
  readonly order: KeyOrder;
}

/**
 * What both servers order alike: the catalog's name of a type whose order is the same everywhere; `bytes` for all others, whose
 * text is compared byte by byte; `utf8` for these where the two databases are of different encodings.
 */
export type KeyOrder = (typeof ORDERED)[number] | "bytes" | "utf8";

const ORDERED = ["int2", "int4", "int8", "numeric", "date", "timestamp", "timestamptz", "uuid", "bytea"] as const;

const CATALOG_NAMES: Readonly<Record<string, KeyOrder>> = {
  smallint: "int2",
  integer: "int4",
  bigint: "int8",
  numeric: "numeric",
  date: "date",
  "timestamp without time zone": "timestamp",
  "timestamp with time zone": "timestamptz",
  uuid: "uuid",
  bytea: "bytea",
};

/** By the type that arrives. An enum's order is each database's own, and so is a collation's. */
export function keyOrderOf(type: string, digestMethod: string): KeyOrder {
  const order = CATALOG_NAMES[type.replace(/\(.*?\)/, "")];
  return order ?? (digestMethod.endsWith("utf8") ? "utf8" : "bytes");
}

/** What is compared: under a type's own name, so that a column which has it already keeps its index. */
export function comparedSql({ value, order }: Pick<KeyColumn, "value" | "order">): string {
  if (order === "bytes") return `(${value})::pg_catalog.text collate "C"`;
  if (order === "utf8") return `pg_catalog.convert_to((${value})::pg_catalog.text, 'UTF8')`;
  return `(${value})::pg_catalog.${order}`;
}

/** The text of what `comparedSql` has made: one for all spellings of equal values. */
export function keyTextSql(compared: string, order: KeyOrder): string {
  if (order === "numeric") return `pg_catalog.trim_scale(${compared})::text`;
  if (order === "utf8") return `pg_catalog.convert_from(${compared}, 'UTF8')`;
  return `(${compared})::text`;
}

function literalSql(text: string, order: KeyOrder): string {
  if (order === "bytes") return `${quoteLiteral(text)}::pg_catalog.text collate "C"`;
  if (order === "utf8") return `'\\x${Buffer.from(text, "utf8").toString("hex")}'::pg_catalog.bytea`;
  return `${quoteLiteral(text)}::pg_catalog.${order}`;
}

const rowSql = (fields: readonly string[]): string => (fields.length === 1 ? `${fields[0]}` : `(${fields.join(", ")})`);

const comparedRow = (key: readonly KeyColumn[]): string => rowSql(key.map(comparedSql));

const literalRow = (key: readonly KeyColumn[], values: Key): string =>
  rowSql(key.map(({ order }, index) => literalSql(values[index] ?? "", order)));

/** That a row's key is one of these. */
export function isOneOf(key: readonly KeyColumn[], keys: readonly Key[]): string {
  if (keys.length === 0) return "false";
  const list = keys.map((values) => `(${key.map(({ order }, at) => literalSql(values[at] ?? "", order)).join(", ")})`);
  return `${comparedRow(key)} in (select * from (values ${list.join(", ")}) as wanted)`;
}

function isWithin(key: readonly KeyColumn[], { from, to }: KeyRange): string {
  const row = comparedRow(key);
  const bounds = [
    ...(from === null ? [] : [`${row} >= ${literalRow(key, from)}`]),
    ...(to === null ? [] : [`${row} < ${literalRow(key, to)}`]),
  ];
  return bounds.length === 0 ? "true" : bounds.join(" and ");
}

/** More conditions than this cost more for each row than a scan of what lies between them. */
const MAX_CONDITIONS = 32;

/** That a row may be in one of the ranges, in a way that an index serves; `rangeIndexSql` tells in which one it is. */
export function isInRanges(key: readonly KeyColumn[], ranges: readonly KeyRange[]): string {
  const joined: KeyRange[] = [];
  for (const range of ranges) {
    const last = joined.at(-1);
    if (last && last.to !== null && range.from !== null && isSameKey(last.to, range.from)) {
      joined[joined.length - 1] = { from: last.from, to: range.to };
    } else joined.push(range);
  }
  if (joined.length <= MAX_CONDITIONS)
    return joined.map((range) => `(${isWithin(key, range)})`).join(" or ") || "false";
  return isWithin(key, { from: joined[0]?.from ?? null, to: joined.at(-1)?.to ?? null });
}

export const isSameKey = (a: Key, b: Key): boolean => a.every((value, index) => value === b[index]);

/** The index of the range that a row is in, by halves; null where it is in none. */
export function rangeIndexSql(key: readonly KeyColumn[], ranges: readonly KeyRange[]): string {
  const row = comparedRow(key);
  const search = (low: number, high: number): string => {
    const range = ranges[low];
    if (low === high) return range ? `case when ${isWithin(key, range)} then ${low} end` : "null::int4";
    const middle = Math.floor((low + high) / 2);
    const end = ranges[middle]?.to ?? null;
    // Only the last range is without an end.
    if (end === null) return search(low, middle);
    return `case when ${row} < ${literalRow(key, end)} then ${search(low, middle)} else ${search(middle + 1, high)} end`;
  };
  return search(0, ranges.length - 1);
}
