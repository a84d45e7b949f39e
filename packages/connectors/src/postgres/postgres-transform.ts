import type { AppError, ColumnTransform, MappedColumn } from "@millrace/shared";
import { quoteIdentifier, quoteLiteral } from "./postgres-identifiers.ts";
import { hmacSql } from "./postgres-mask-key.ts";

/** A mapped column with its expression and, once it is known, why it cannot be. */
export interface CompiledColumn {
  readonly mapped: MappedColumn;
  readonly sourceType: string | null;
  readonly expression: string;
  readonly refusal: AppError | null;
}

/** What the catalog calls the types that a column can be cast to: SQL's own spellings of them cannot be qualified. */
const CATALOG_NAMES: Readonly<Record<string, string>> = {
  boolean: "bool",
  smallint: "int2",
  integer: "int4",
  bigint: "int8",
  real: "float4",
  "double precision": "float8",
  "time without time zone": "time",
  "timestamp without time zone": "timestamp",
  "timestamp with time zone": "timestamptz",
};

/** The column's value in the source's own language. `sourceType` is what the catalog calls the column's type. */
export function transformSql({ source, transform }: MappedColumn, sourceType: string): string {
  const column = source === null ? "null" : quoteIdentifier(source);
  const text = `(${column})::pg_catalog.text`;
  switch (transform.kind) {
    case "keep":
      return column;
    case "cast":
      return `(${column})::${castTarget(transform.type)}`;
    case "constant":
      return `${transform.value === null ? "null" : quoteLiteral(transform.value)}::${castTarget(transform.type)}`;
    case "hash":
      return hex(`pg_catalog.sha256(${bytesOf(column, sourceType)})`);
    case "hmac":
      return hex(hmacSql(bytesOf(column, sourceType)));
    case "redact":
      return `case when ${column} is not null then ${quoteLiteral(transform.text)}::pg_catalog.text end`;
    case "partial":
      return partialSql(text, transform.first, transform.last);
  }
}

/** A text no longer than what may stay would be shown whole, so all of it is covered. */
function partialSql(text: string, first: number, last: number): string {
  const length = `pg_catalog.length(${text})`;
  return (
    `case when ${length} > ${first + last} then pg_catalog.left(${text}, ${first}) ` +
    `|| pg_catalog.repeat('*', ${length} - ${first + last}) || pg_catalog.right(${text}, ${last}) ` +
    `else pg_catalog.repeat('*', ${length}) end`
  );
}

const hex = (bytes: string) => `pg_catalog.encode(${bytes}, 'hex')`;

const bytesOf = (column: string, type: string) =>
  type === "bytea" ? column : `pg_catalog.convert_to((${column})::pg_catalog.text, 'UTF8')`;

const isVarchar = (type: string) => type.startsWith("character varying");

/** Without a length: a cast would cut a longer text silently, where the destination refuses it. */
function castTarget(type: string): string {
  return `pg_catalog.${isVarchar(type) ? "text" : (CATALOG_NAMES[type] ?? type)}`;
}

/** The type that the column is announced with where the expression's own is another one. */
export const announcedType = (transform: ColumnTransform): string | null =>
  (transform.kind === "cast" || transform.kind === "constant") && isVarchar(transform.type) ? transform.type : null;
