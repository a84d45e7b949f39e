import { AppError, type TableName } from "@millrace/shared";

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
