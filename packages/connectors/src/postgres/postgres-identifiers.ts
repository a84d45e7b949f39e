import { AppError, type TableName } from "@millrace/shared";
import pg from "pg";

/**
 * A name as PostgreSQL reads it back unchanged, whatever it holds. Throws `TABLE_NAME_INVALID` for the two texts that no
 * object can be named: the empty one, and one with a NUL.
 * https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS
 */
export function quoteIdentifier(name: string): string {
  if (name === "" || name.includes("\0")) {
    throw new AppError("TABLE_NAME_INVALID", { params: { table: JSON.stringify(name).slice(0, 140) } });
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/** `"schema"."name"`. Throws as `quoteIdentifier` does. */
export const quoteTable = ({ schema, name }: TableName): string =>
  `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;

/**
 * A value as the server reads it back unchanged, typed where a type is given: never as a bare spelling, since `char` and `bit`
 * without a length mean a length of one in SQL, and nothing in the catalog. Throws `VALUE_INVALID` for a NUL, which no text has.
 */
export function quoteLiteral(value: string, type?: TableName): string {
  if (value.includes("\0")) throw new AppError("VALUE_INVALID", { params: { column: "of the condition" } });
  const literal = pg.escapeLiteral(value).trim();
  return type ? `${literal}::${quoteTable(type)}` : literal;
}
