/** What the values of a cursor are, which decides what a lag behind it counts. */
export type CursorKind = "time" | "number" | "name";

const KINDS: Readonly<Record<string, CursorKind>> = {
  "timestamp with time zone": "time",
  "timestamp without time zone": "time",
  date: "time",
  smallint: "number",
  integer: "number",
  bigint: "number",
  numeric: "number",
  text: "name",
  "character varying": "name",
  uuid: "name",
};

/** Without length and precision: `timestamp(3) with time zone` is a `timestamp with time zone`. */
const baseOf = (type: string): string => type.replace(/\(.*?\)/, "");

/** Null for a type that the form does not know. */
export const cursorKindOf = (type: string): CursorKind | null => KINDS[baseOf(type)] ?? null;

/** The clock of this type goes back by an hour once a year. */
export const hasOwnLag = (type: string): boolean => baseOf(type) === "timestamp without time zone";

/**
 * Why a column of this type cannot be a cursor; undefined where it can, and for types that somebody has made, of which only the
 * source knows what stands behind them.
 */
export function cursorRefusal(type: string): string | undefined {
  if (cursorKindOf(type) !== null) return undefined;
  const isTheirOwn = type.includes(".") && !type.endsWith("[]");
  return isTheirOwn ? undefined : `${type} does not serve`;
}
