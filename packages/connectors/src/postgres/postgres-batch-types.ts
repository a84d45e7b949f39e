import type { BatchType, TablePlan } from "@millrace/engine";

/** What the text of a type's values is in a batch. Anything else, arrays included, is text that only PostgreSQL reads. */
const TYPES: Readonly<Record<string, BatchType>> = {
  boolean: "boolean",
  smallint: "integer",
  integer: "integer",
  bigint: "integer",
  numeric: "decimal",
  real: "float",
  "double precision": "float",
  text: "text",
  "character varying": "text",
  bytea: "bytes",
  date: "date",
  "time without time zone": "time",
  "timestamp without time zone": "timestamp",
  "timestamp with time zone": "timestamptz",
  uuid: "uuid",
  json: "json",
  jsonb: "json",
};

/** In the order of the plan's columns. */
export const batchTypesOf = ({ columns }: TablePlan): BatchType[] =>
  columns.map(({ type }) => {
    // `timestamp(3) without time zone` has its precision in the middle.
    const bare = type.replace(/\(\d+(?:,-?\d+)?\)/, "");
    return Object.hasOwn(TYPES, bare) ? (TYPES[bare] ?? "native") : "native";
  });
