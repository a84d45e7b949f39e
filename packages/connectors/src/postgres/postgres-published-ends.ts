import type { KeyedEnds, TablePlan } from "@millrace/engine";
import { quoteTable } from "./postgres-identifiers.ts";
import { PostgresKeyedReader } from "./postgres-keyed-reader.ts";
import { mergedRows } from "./postgres-merge.ts";
import { mergeSql } from "./postgres-merge-sql.ts";
import { arrivedValues, savepointRows } from "./postgres-own-rows.ts";
import type { PostgresSession } from "./postgres-session.ts";
import type { StructurePlan } from "./postgres-structure.ts";

/**
 * See `DestinationSession.keyed`: a stage beside what its rows have become in the destination's table, in the transaction that
 * was to publish them. Of rows that share a key a stage which is merged has only the last by then.
 */
export function publishedEnds(
  session: PostgresSession,
  plan: TablePlan,
  { merge, adds, loadTable }: StructurePlan,
  key: readonly string[],
  signal: AbortSignal,
): KeyedEnds | undefined {
  const stands = merge
    ? mergedRows(merge, mergeSql(plan, loadTable, merge))
    : adds === null
      ? null
      : savepointRows(plan);
  if (stands === null) return undefined;
  const values = arrivedValues(plan);
  const reader = (from: string, cursor: string) =>
    new PostgresKeyedReader(session, plan, key, { from, values }, signal, { cursor });
  return { source: reader(quoteTable(loadTable), "arrived"), destination: reader(stands, "stands") };
}
