import { AppError } from "@millrace/shared";
import type { Connection, FieldDef, Submittable } from "pg";
import { fromSql, type PostgresRelation } from "./postgres-select.ts";
import type { PostgresSession } from "./postgres-session.ts";

/** A column of a statement's result, as the server says before it runs anything. */
export interface StatementColumn {
  readonly name: string;
  readonly typeOid: string;
  /** -1 where the type has no modifier. */
  readonly modifier: number;
}

/**
 * What a statement would answer with. The server parses and analyses it and runs nothing of it; a text of more than one statement
 * is refused (SQLSTATE 42601). Null where it answers with no rows. A refusal leaves an open transaction as it was. Throws an
 * `AppError` whose `params.sqlstate` says what the server said.
 */
export async function describeStatement(
  session: PostgresSession,
  sql: string,
): Promise<readonly StatementColumn[] | null> {
  return withinTransaction(session, async () => {
    const { promise, resolve, reject } = Promise.withResolvers<readonly FieldDef[] | null>();
    session.client.query(new Describe(sql, (error, fields) => (error ? reject(error) : resolve(fields))));
    const fields = await promise;
    return (
      fields?.map(({ name, dataTypeID, dataTypeModifier }) => ({
        name,
        typeOid: String(dataTypeID),
        modifier: dataTypeModifier,
      })) ?? null
    );
  });
}

/** Work that may be refused without the end of the transaction that it is part of. */
export async function withinTransaction<Result>(
  session: PostgresSession,
  work: () => Promise<Result>,
): Promise<Result> {
  await session.query("savepoint look");
  try {
    return await work();
  } catch (error) {
    await session.query("rollback to savepoint look");
    throw session.toError(error);
  } finally {
    await session.query("release savepoint look").catch(() => {});
  }
}

/** How many rows the planner expects; null where it cannot say. */
export async function estimateRows(session: PostgresSession, relation: PostgresRelation): Promise<number | null> {
  try {
    return await withinTransaction(session, async () => {
      const sql = `explain (format json) select 1 from ${fromSql(relation, { condition: null })}`;
      const [row] = await session.queryOne<{ "QUERY PLAN": string }>(sql);
      const plans = JSON.parse(row?.["QUERY PLAN"] ?? "[]") as { Plan?: { "Plan Rows"?: number } }[];
      return plans[0]?.Plan?.["Plan Rows"] ?? null;
    });
  } catch (error) {
    // A view over what the user may not plan, for example: a run says so itself.
    if (error instanceof AppError && error.code !== "CONNECTION_LOST") return null;
    throw error;
  }
}

/** Parse and Describe without Execute. https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY */
class Describe implements Submittable {
  readonly #sql: string;
  readonly #done: (error: Error | null, fields: readonly FieldDef[] | null) => void;
  #fields: readonly FieldDef[] | null = null;

  constructor(sql: string, done: (error: Error | null, fields: readonly FieldDef[] | null) => void) {
    this.#sql = sql;
    this.#done = done;
  }

  submit(connection: Connection): void {
    connection.parse({ text: this.#sql, name: "", types: [] }, true);
    connection.describe({ type: "S", name: "" }, true);
    connection.sync();
  }

  handleRowDescription({ fields }: { fields: readonly FieldDef[] }): void {
    this.#fields = fields;
  }

  handleError(error: Error): void {
    this.#done(error, null);
  }

  handleReadyForQuery(): void {
    this.#done(null, this.#fields);
  }
}
