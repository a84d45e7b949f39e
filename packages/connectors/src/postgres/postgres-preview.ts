import type { TableDescription } from "@millrace/engine";
import type { RowPreview } from "@millrace/shared";
import { withinTransaction } from "./postgres-describe.ts";
import { quoteIdentifier } from "./postgres-identifiers.ts";
import { fromSql, type PostgresRelation } from "./postgres-select.ts";
import type { PostgresSession } from "./postgres-session.ts";

/** Texts are cut by the server, so that a look at a table of documents does not fetch them. */
const MAX_TEXT_LENGTH = 500;

/** A value of the type as text, at most 500 characters of it. */
export function shownSql(value: string, type: string): string {
  // Two hexadecimal digits a byte: a large value is not written out to be cut.
  const shown = type === "bytea" ? `substring(${value} from 1 for ${MAX_TEXT_LENGTH / 2})` : value;
  return `left((${shown})::text, ${MAX_TEXT_LENGTH})`;
}

/**
 * The first rows of `from` in the server's order, each value as the server's text and at most 500 characters of it. Throws what
 * the driver throws.
 */
export async function firstRows(
  session: PostgresSession,
  from: string,
  columns: readonly { readonly name: string; readonly type: string }[],
  limit: number,
): Promise<RowPreview> {
  const expressions = columns.map(({ name, type }) => shownSql(quoteIdentifier(name), type));
  const { rows } = await session.client.query<(string | null)[]>({
    text: `select ${expressions.join(", ")} from ${from} limit $1`,
    values: [limit],
    // Two columns may have names that are one key of an object.
    rowMode: "array",
  });
  return { columns: columns.map(({ name }) => name), rows };
}

/** The first rows as they are read, in the transaction that is open in the session. */
export const previewRows = (
  session: PostgresSession,
  relation: PostgresRelation,
  { columns }: TableDescription,
  limit: number,
): Promise<RowPreview> =>
  withinTransaction(session, () => firstRows(session, fromSql(relation, { condition: null }), columns, limit));
