import type { TableName } from "@millrace/shared";
import { quoteTable } from "./postgres-identifiers.ts";
import type { PostgresSession } from "./postgres-session.ts";

/** The SQL of a value that a column's text stands for, given an expression for the text. */
export type ReadsHeld = (text: string, column: string) => string;

/** What columns hold below their domains: the type by itself, and with its modifier, such as the scale of a numeric. */
const TYPES = `
with recursive types (name, type, modifier) as (
  select attname, atttypid, atttypmod from pg_catalog.pg_attribute
  where attrelid = $1::regclass and attnum > 0 and not attisdropped
  union all
  select t.name, d.typbasetype, d.typtypmod from types t join pg_catalog.pg_type d on d.oid = t.type where d.typtype = 'd'
)
select t.name, format_type(t.type, -1) as bare, case when t.modifier >= 0 then format_type(t.type, t.modifier) end as modified,
  y.typnamespace = 'pg_catalog'::regnamespace as is_built_in
from types t join pg_catalog.pg_type y on y.oid = t.type where y.typtype <> 'd'`;

interface HeldType {
  readonly name: string;
  readonly bare: string;
  readonly modified: string | null;
  readonly is_built_in: boolean;
}

/**
 * Reads held text as the column's type does, less the type's modifier, which rounds and cuts without a word: a value that the
 * column cannot hold has to differ from what it holds. Where both are equal it is spelled as the column spells it, since
 * 1.5 in a `numeric(10,2)` is 1.50 to a digest of texts. A type of an extension need not know what is equal, so it is read as it is.
 */
export async function readsHeld(session: PostgresSession, table: TableName): Promise<ReadsHeld> {
  const rows = await session.query<HeldType>(TYPES, [quoteTable(table)]);
  const types = new Map(rows.map((row) => [row.name, row]));
  return (text, column) => {
    const { bare = "text", modified = null, is_built_in: isBuiltIn = true } = types.get(column) ?? {};
    const value = `${text}::${bare}`;
    if (modified === null) return value;
    if (!isBuiltIn) return `${text}::${modified}`;
    return `case when ${value} = ${value}::${modified} then ${value}::${modified} else ${value} end`;
  };
}
