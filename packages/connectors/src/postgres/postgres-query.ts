import type { TableDescription } from "@millrace/engine";
import { AppError, formatTableName, type SourceQuery, type TableName } from "@millrace/shared";
import { describeTypes, type PostgresTable } from "./postgres-catalog.ts";
import { describeStatement, type StatementColumn, withinTransaction } from "./postgres-describe.ts";
import { fromSql, type PostgresRelation, wholeRelation } from "./postgres-select.ts";
import type { PostgresSession } from "./postgres-session.ts";

/**
 * A query of a user's own as something to read from. It is never taken apart here: the server must take the text by itself for one
 * statement, so that its quotes, comments and parentheses are its own to close, and then once more as a part of ours. Everything
 * that is made of it goes out by the extended protocol, which takes one statement, in a transaction that cannot write.
 */
export function queryRelation(table: TableName, { sql }: SourceQuery): PostgresRelation {
  // The one thing that many people write and no subselect takes.
  return { ...wholeRelation(table), base: { query: sql.replace(/;\s*$/, "") } };
}

/**
 * What the query answers with, under the name of `table`, which need not exist. Must run inside the source's transaction. Throws
 * `SOURCE_QUERY_INVALID`.
 */
export async function describeQuery(
  session: PostgresSession,
  table: TableName,
  { sql }: SourceQuery,
  relation: PostgresRelation,
): Promise<TableDescription> {
  const columns = await describeBoth(session, sql, relation);
  const { types, spellings } = await describeTypes(session, columns);
  const [server] = await session.query<{ encoding: string }>("select current_setting('server_encoding') as encoding");
  const detail: PostgresTable = {
    oid: "0",
    // As a view: nothing that could be locked, and no parts that could be read by themselves.
    relkind: "v",
    isPartition: false,
    hidesRows: false,
    serverVersion: session.serverVersion,
    encoding: server?.encoding ?? "",
    // The server does not say which collation a column of a query has, so none is taken for one that tells all bytes apart.
    columns: new Map(
      columns.map(({ name, typeOid }) => [
        name,
        { typeOid, identity: "", isDeterministic: !COLLATABLE.has(typeOid), collation: null },
      ]),
    ),
    types,
    indexes: [],
    uniqueKeys: [],
    readAs: JSON.stringify(relation),
  };
  return {
    ...table,
    kind: "view",
    reference: formatTableName(table),
    estimatedRows: null,
    estimatedBytes: null,
    columns: columns.map(({ name }, index) => ({
      name,
      type: spellings[index] ?? "",
      isNullable: true,
      isGenerated: false,
      hasDefault: false,
    })),
    primaryKey: [],
    system: "postgresql",
    detail,
  };
}

/** text, varchar, bpchar and name, by the oids that they have on every server. */
const COLLATABLE: ReadonlySet<string> = new Set(["25", "1043", "1042", "19"]);

async function describeBoth(
  session: PostgresSession,
  sql: string,
  relation: PostgresRelation,
): Promise<readonly StatementColumn[]> {
  const alone = await asked(() => describeStatement(session, sql));
  if (alone === null) throw invalid("it answers with no rows");
  const names = alone.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw invalid(`more than one of its columns is called ${twice}`);
  const from = fromSql(relation, { condition: null });
  const columns = (await asked(() => describeStatement(session, `select * from ${from}`))) ?? [];
  // Only what is bound to it tells that the text wants a parameter.
  await asked(() => withinTransaction(session, () => session.queryOne(`explain select 1 from ${from}`)));
  return columns;
}

async function asked<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const sqlstate = String(error.params["sqlstate"] ?? "");
    // The server's sentence may quote what people have written, and what they have written may be a secret.
    const reason =
      REASONS[sqlstate] ?? (/^(?:22|42|0A)/.test(sqlstate) && `the server refuses it with SQLSTATE ${sqlstate}`);
    throw reason ? invalid(reason, error) : error;
  }
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const REASONS: Readonly<Record<string, string>> = {
  "42601": "it is not one SELECT statement, or has a mistake in its syntax (SQLSTATE 42601)",
  "42P01": "it names a table that is not there, or that the user may not see (SQLSTATE 42P01)",
  "42703": "it names a column that is not there (SQLSTATE 42703)",
  "42883": "it calls a function or an operator that is not there (SQLSTATE 42883)",
  "08P01": "it has a parameter such as $1, for which there is no value (SQLSTATE 08P01)",
  "42P18": "it has a parameter such as $1, for which there is no value (SQLSTATE 42P18)",
  "3F000": "it names a schema that is not there (SQLSTATE 3F000)",
};

const invalid = (reason: string, cause?: unknown): AppError =>
  new AppError("SOURCE_QUERY_INVALID", { params: { side: "source", reason }, cause });
