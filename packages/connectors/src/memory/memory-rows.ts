import { type Batch, type RowRefusal, type RowWriter, type TablePlan, unpackRows, valueAt } from "@millrace/engine";
import { AppError, type ErrorCode, formatTableName } from "@millrace/shared";
import type { MemoryPlan } from "./memory-plan.ts";
import { assertValue, type Row, toValue } from "./memory-types.ts";

/** Rows as the destination's table has them. Throws what the table refuses, naming the column. */
export function acceptRows(plan: TablePlan, batch: Batch): Row[] {
  const { target } = plan.detail as MemoryPlan;
  const places = target.columns.map(({ name }) => plan.columns.findIndex((column) => column.name === name));
  return Array.from({ length: batch.rowCount }, (_row, index) =>
    target.columns.map(({ name, type, isNullable }, column) => {
      const at = places[column] ?? -1;
      const value = at < 0 ? null : toValue(batch.columns[at]?.type ?? "text", valueAt(batch, index, at));
      if (value !== null) assertValue(type, value, name);
      else if (!isNullable) throw violated(plan, "not null", name);
      return value;
    }),
  );
}

export const violated = ({ destinationTable }: TablePlan, constraint: string, column: string): AppError =>
  new AppError("CONSTRAINT_VIOLATED", {
    params: { constraint, column, table: formatTableName(destinationTable), side: "destination" },
  });

const ROW_FAULTS: ReadonlySet<ErrorCode> = new Set(["CONSTRAINT_VIOLATED", "VALUE_INVALID", "VALUE_OUT_OF_RANGE"]);

/** See `ChunkWriter.isRowFault`. */
export const isRowFault = (error: unknown): error is AppError =>
  error instanceof AppError && ROW_FAULTS.has(error.code);

/** Writes rows one after the other into a list that is `kept` elsewhere. */
export class MemoryRowWriter implements RowWriter {
  readonly #plan: TablePlan;
  #rows: Row[] = [];
  readonly #keep: (rows: readonly Row[]) => void;

  constructor(plan: TablePlan, keep: (rows: readonly Row[]) => void) {
    this.#plan = plan;
    this.#keep = keep;
  }

  async begin(): Promise<void> {
    this.#rows = [];
    this.#keep(this.#rows);
  }

  async write(rows: readonly Uint8Array[]): Promise<RowRefusal | null> {
    try {
      this.#rows.push(...acceptRows(this.#plan, unpackRows(rows)));
      return null;
    } catch (error) {
      if (!isRowFault(error)) throw error;
      return { error, sqlstate: null, column: String(error.params["column"]) };
    }
  }

  rowCount(): number {
    return this.#rows.length;
  }
}
