import { z } from "zod";
import { AppError } from "./errors.ts";

/** A table's schema and name, as the catalog spells them: unquoted, case kept. */
export interface TableName {
  readonly schema: string;
  readonly name: string;
}

const PART = String.raw`(?:"((?:[^"]|"")+)"|([^".]+))`;
const TABLE_NAME = new RegExp(`^(?:${PART}\\.)?${PART}$`, "s");

/**
 * Reads `schema.name`, `name` (schema `public`) or either part in double quotes with `""` for a quote. Unquoted parts keep
 * their case: a name is what the catalog has, not an SQL identifier that folds. Throws `TABLE_NAME_INVALID`.
 */
export function parseTableName(text: string, defaultSchema = "public"): TableName {
  const match = text.includes("\0") ? null : TABLE_NAME.exec(text);
  if (!match) throw new AppError("TABLE_NAME_INVALID", { params: { table: text.slice(0, 140) } });
  const unquote = (quoted: string | undefined, bare: string | undefined) => quoted?.replaceAll('""', '"') ?? bare;
  return {
    schema: unquote(match[1], match[2]) ?? defaultSchema,
    name: unquote(match[3], match[4]) as string,
  };
}

const quotePart = (part: string) => (/[".*]/.test(part) ? `"${part.replaceAll('"', '""')}"` : part);

/** The spelling that `parseTableName` reads back: quotes only where a part holds a dot, a quote or a star. */
export function formatTableName(table: TableName): string {
  return `${quotePart(table.schema)}.${quotePart(table.name)}`;
}

/** A table name as users write it. 140 characters take two 63-byte names, quotes and the dot. */
export const TableNameText = z
  .string()
  .trim()
  .min(1)
  .max(270)
  .refine((text) => {
    try {
      parseTableName(text);
      return true;
    } catch {
      return false;
    }
  }, "is not a table name: write schema.table");
