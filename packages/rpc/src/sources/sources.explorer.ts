import type { Connection } from "@millrace/engine";
import {
  AppError,
  type ColumnSummary,
  formatTableName,
  parseTableName,
  type RowPreview,
  type TableSummary,
} from "@millrace/shared";
import type { Scope } from "../context.ts";
import { openConnection, takeLook } from "./open-connection.ts";
import { getSource } from "./sources.service.ts";

export const listTables = (scope: Scope, id: string, signal: AbortSignal | undefined): Promise<TableSummary[]> =>
  explore(scope, id, signal, (connection, limit) => connection.listTables(limit));

export interface TableInput {
  readonly id: string;
  readonly table: string;
}

/** In the table's own order. Throws `SOURCE_TABLE_MISSING`. */
export const listColumns = (
  scope: Scope,
  { id, table }: TableInput,
  signal: AbortSignal | undefined,
): Promise<ColumnSummary[]> =>
  explore(scope, id, signal, async (connection, limit) => {
    const description = await describe(connection, table, limit);
    const keys = new Set(description.primaryKey);
    return description.columns.map(({ name, type, isNullable, isGenerated }) => ({
      name,
      type,
      isNullable,
      isPrimaryKey: keys.has(name),
      isGenerated,
    }));
  });

/** Throws `SOURCE_TABLE_MISSING`. */
export const previewRows = (
  scope: Scope,
  { id, table, limit: rowLimit }: TableInput & { readonly limit: number },
  signal: AbortSignal | undefined,
): Promise<RowPreview> =>
  explore(scope, id, signal, async (connection, limit) => {
    await describe(connection, table, limit);
    return connection.preview(parseTableName(table), rowLimit, limit);
  });

async function describe(connection: Connection, table: string, signal: AbortSignal) {
  const name = parseTableName(table);
  const description = await connection.describe(name, signal);
  if (!description) throw new AppError("SOURCE_TABLE_MISSING", { params: { table: formatTableName(name) } });
  return description;
}

/** Opens the data source under the time limit and the address guard, and closes it whatever happens. */
async function explore<Result>(
  scope: Scope,
  id: string,
  callerLeft: AbortSignal | undefined,
  read: (connection: Connection, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const source = await getSource(scope, id);
  return takeLook(scope, callerLeft, async (look) => {
    const connection = await openConnection(scope, source, "source", look);
    try {
      return await read(connection, look.signal);
    } catch (error) {
      throw look.toError(error, "source");
    } finally {
      await connection.close();
    }
  });
}
