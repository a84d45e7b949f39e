import type { LateQuarantine, LoadResult, TablePlan } from "@millrace/engine";
import type { AppError, TableName } from "@millrace/shared";
import type { Refused } from "./postgres-errors.ts";
import { columnsOf, type Fault } from "./postgres-key-faults.ts";
import { takeOut } from "./postgres-late-rows.ts";
import type { PostgresPlan } from "./postgres-plan.ts";
import type { PostgresSession } from "./postgres-session.ts";
import { refusedRows } from "./postgres-stage-bisect.ts";

/** A stage all of whose rows are loaded, and how they come to where they may be refused. In its SQL `s` are its rows. */
export interface ArrivingStage {
  readonly stage: TableName;
  /** In which order rows are tried: the end of a query over the stage. It may join it to others by `joined`. */
  readonly order: string;
  readonly joined?: string;
  /** What is done for all rows together before any part of them is tried. What is refused of it is passed over. */
  readonly before: readonly string[];
  /** Where parts are taken from after `before`, and the column that says where in the stage a row was; left out: the stage itself. */
  readonly parts?: { readonly from: string; readonly at: string };
  /** Brings these rows of the stage, a query in brackets, on top of those before: one statement after the other. */
  readonly bring: (rows: string) => readonly string[];
  /** What rows a key or a foreign key refuses, where one query tells them; null where it cannot. */
  readonly faultOf: (refused: Refused) => Promise<Fault | null>;
}

/**
 * Takes the rows out of a stage for which it was refused as a whole, which has left nothing where they were to go; throws `error`
 * where it finds none. Resolves to what is left.
 */
export async function setAsideFromStage(
  session: PostgresSession,
  plan: TablePlan,
  arriving: ArrivingStage,
  loaded: LoadResult,
  { error, refused }: { readonly error: AppError; readonly refused: Refused },
  late: LateQuarantine,
): Promise<LoadResult> {
  const { stage } = arriving;
  const { realNames } = plan.detail as PostgresPlan;
  const fault = await arriving.faultOf(refused);
  if (fault) {
    const { sqlstate } = refused;
    const left = await takeOut(session, plan, stage, loaded, fault, { error, sqlstate, column: fault.columns }, late);
    if (left.rowCount < loaded.rowCount) return left;
  }
  let left = loaded;
  for (const { at, ...why } of await refusedRows(session, plan, arriving, refused, late.room + 1)) {
    const { constraint, sqlstate } = why.refused;
    const name = constraint === null ? null : (realNames.get(constraint) ?? constraint);
    const column = why.refused.column ?? (await columnsOf(session, name, plan.destinationTable));
    const rows = `select unnest('{${at.map((address) => `"${address}"`).join(",")}}'::tid[]) as at`;
    left = await takeOut(session, plan, stage, left, { rows }, { error: why.error, sqlstate, column }, late);
  }
  if (left.rowCount === loaded.rowCount) throw error;
  return left;
}
