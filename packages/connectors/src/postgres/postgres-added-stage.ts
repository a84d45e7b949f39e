import type { TablePlan } from "@millrace/engine";
import type { TableName } from "@millrace/shared";
import { addingRows } from "./postgres-append-stage.ts";
import type { Refused } from "./postgres-errors.ts";
import { quoteIdentifier, quoteTable } from "./postgres-identifiers.ts";
import {
  entryList,
  entryOf,
  type Fault,
  foreignKeyOf,
  isInIndex,
  isSameEntry,
  orphans,
  type UniqueIndex,
  uniqueIndexOf,
} from "./postgres-key-faults.ts";
import type { PostgresSession } from "./postgres-session.ts";
import { chunkOfRow } from "./postgres-stage.ts";
import type { ArrivingStage } from "./postgres-stage-faults.ts";

/** A stage whose rows are added to a table of others, in the order in which they were read: chunks are counted in theirs. */
export function addedStage(session: PostgresSession, plan: TablePlan, stage: TableName): ArrivingStage {
  return {
    stage,
    order: "order by c.chunk, s.ctid",
    joined: chunkOfRow(stage),
    before: [],
    bring: (rows) => [addingRows(plan.destinationTable, plan.columns, rows)],
    faultOf: (refused) => faultOfAdding(session, plan, stage, refused),
  };
}

/**
 * Which rows of the stage a key or a foreign key of the table refuses, found by one query over all of them and the table. Null where
 * a query cannot tell, since more is looked at than what arrives, or it was not a key of this table.
 */
async function faultOfAdding(
  session: PostgresSession,
  plan: TablePlan,
  stage: TableName,
  { sqlstate, constraint }: Refused,
): Promise<Fault | null> {
  if (constraint === null) return null;
  const table = quoteTable(plan.destinationTable);
  const arriving = new Set(plan.columns.map(({ name }) => name));
  const isKnown = (names: readonly string[]) => names.every((name) => arriving.has(name));
  if (sqlstate === "23505") {
    const index = await uniqueIndexOf(session, table, constraint);
    return index && isKnown(index.looksAt) ? taken(table, stage, index) : null;
  }
  if (sqlstate !== "23503") return null;
  const key = await foreignKeyOf(session, table, constraint);
  if (!key || !isKnown(key.columns) || (key.isToItself && !isKnown(key.referred))) return null;
  const stageSql = quoteTable(stage);
  const list = key.referred.map(quoteIdentifier).join(", ");
  const itself = `(select ${list} from ${stageSql} union all select ${list} from ${table})`;
  return orphans(key, stageSql, key.isToItself ? itself : key.referredTable);
}

/** Beside the columns of people. */
const AT = "_millrace_at";
const CHUNK = "_millrace_chunk";

/** What a row of the table has is taken; of rows that arrive with the same the first one gets it. */
function taken(table: string, stage: TableName, index: UniqueIndex): Fault {
  const inIndex = isInIndex(index);
  const arrived = `select s.ctid as ${AT}, c.chunk as ${CHUNK}, s.* from ${quoteTable(stage)} s ${chunkOfRow(stage)}`;
  return {
    rows: `with arriving as materialized (
        select ${AT} as at, ${CHUNK} as chunk, ${entryOf(index)} from (${arrived}) as rows${inIndex}),
      standing as (select ${entryOf(index)} from ${table} t${inIndex})
      select a.at from arriving a where exists (select from standing b where ${isSameEntry(index, "a", "b")}) union
      select at from (select at, row_number() over (partition by ${entryList("a", index)} order by a.chunk, a.at) as number
        from arriving a) as numbered where number > 1`,
    columns: index.columns,
  };
}
