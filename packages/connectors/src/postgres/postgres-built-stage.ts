import type { TablePlan } from "@millrace/engine";
import { addingRows } from "./postgres-append-stage.ts";
import type { Refused } from "./postgres-errors.ts";
import { quoteIdentifier, quoteTable } from "./postgres-identifiers.ts";
import { type Fault, foreignKeyOf, orphans, uniqueIndexOf } from "./postgres-key-faults.ts";
import type { PostgresSession } from "./postgres-session.ts";
import type { ArrivingStage } from "./postgres-stage-faults.ts";
import type { StructurePlan } from "./postgres-structure.ts";

/** The rows of a stage for which it is emptied, and where each of them was. */
const COPY = quoteTable({ schema: "pg_temp", name: "_millrace_copy" });
const AT = quoteIdentifier("_millrace_at");

/**
 * The stage of a table that is replaced, over all rows of which `sql` builds a key, a foreign key or an exclusion constraint. The
 * table that is being replaced still has it, so the catalog tells what it is made of. What a query cannot tell is tried
 * row by row in the emptied stage once it has the constraint. Of rows that are in each other's way the one stays whose text comes
 * first, byte by byte in the order of the columns: the same one whatever the order in which chunks arrived.
 */
export function builtStage(
  session: PostgresSession,
  plan: TablePlan,
  { loadTable: stage, realNames }: Pick<StructurePlan, "loadTable" | "realNames">,
  sql: string,
): ArrivingStage {
  const table = quoteTable(stage);
  const order = (alias: string) => {
    const values = plan.columns.map(({ name }) => `${alias}.${quoteIdentifier(name)}`).join(", ");
    return `order by row(${values})::text collate "C", ${alias}.ctid`;
  };
  return {
    stage,
    order: order("s"),
    before: [
      `create temporary table ${COPY} on commit drop as select s.ctid as ${AT}, s.* from ${table} s`,
      `create index on ${COPY} (${AT})`,
      `analyze ${COPY} (${AT})`,
      `truncate ${table}`,
      sql,
    ],
    parts: { from: COPY, at: AT },
    bring: (rows) => [addingRows(stage, plan.columns, rows)],
    faultOf: ({ sqlstate, constraint }: Refused) => {
      const name = realNames.get(constraint ?? "") ?? constraint;
      if (name === null) return Promise.resolve(null);
      if (sqlstate === "23505") return duplicates(session, plan, name, table, order("s"));
      return sqlstate === "23503" ? pointingNowhere(session, plan, name, table) : Promise.resolve(null);
    },
  };
}

async function duplicates(
  session: PostgresSession,
  { destinationTable }: TablePlan,
  name: string,
  stage: string,
  order: string,
): Promise<Fault | null> {
  const index = await uniqueIndexOf(session, quoteTable(destinationTable), name);
  if (!index) return null;
  const numbered = `select s.ctid as at, row_number() over (partition by ${index.keys.join(", ")} ${order}) as number
    from ${stage} s${index.condition === null ? "" : ` where ${index.condition}`}`;
  return { rows: `select at from (${numbered}) as numbered where number > 1`, columns: index.columns };
}

async function pointingNowhere(
  session: PostgresSession,
  { destinationTable }: TablePlan,
  name: string,
  stage: string,
): Promise<Fault | null> {
  const key = await foreignKeyOf(session, quoteTable(destinationTable), name);
  return key && orphans(key, stage, key.isToItself ? stage : key.referredTable);
}
