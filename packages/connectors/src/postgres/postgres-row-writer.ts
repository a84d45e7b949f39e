import type { RowRefusal, RowWriter, TablePlan } from "@millrace/engine";
import type { AppError } from "@millrace/shared";
import { copiedRow, refusedFor } from "./postgres-errors.ts";
import { columnsOf } from "./postgres-key-faults.ts";
import { copyInto } from "./postgres-load.ts";
import { FIRE_TRIGGERS, ownIds } from "./postgres-own-rows.ts";
import { streamOf } from "./postgres-rows.ts";
import type { PostgresSession } from "./postgres-session.ts";
import { execute } from "./postgres-setup.ts";
import type { StructurePlan } from "./postgres-structure.ts";

/** Writes rows in savepoints of the open transaction. */
export class SavepointWriter implements RowWriter {
  readonly #session: PostgresSession;
  readonly #plan: TablePlan;
  readonly #structure: StructurePlan;
  readonly #signal: AbortSignal;
  readonly #beginAgain: () => Promise<void>;
  readonly #ids = new Set<string>();
  /** A constraint that refuses one row may refuse a hundred thousand. */
  readonly #columnsOf = new Map<string, string | null>();
  /** A savepoint that was rolled back to is still there for the next rows. */
  #isSaved = false;
  #rowCount = 0;

  /** `beginAgain` ends the transaction that was refused and opens another one in the session. */
  constructor(
    session: PostgresSession,
    plan: TablePlan,
    structure: StructurePlan,
    signal: AbortSignal,
    beginAgain: () => Promise<void>,
  ) {
    this.#session = session;
    this.#plan = plan;
    this.#structure = structure;
    this.#signal = signal;
    this.#beginAgain = beginAgain;
  }

  /** What the rows that are written carry as xmin. */
  get ids(): readonly string[] {
    return [...this.#ids];
  }

  rowCount(): number {
    return this.#rowCount;
  }

  async begin(): Promise<void> {
    this.#ids.clear();
    this.#isSaved = false;
    this.#rowCount = 0;
    await this.#session.abortable(this.#signal, this.#beginAgain);
    await this.#assertTakesNone();
  }

  /** What refuses even no rows, such as a trigger of the statement, is no row's fault. */
  async #assertTakesNone(): Promise<void> {
    await this.#session.query("savepoint none");
    await this.#copy([]);
    await this.#session.query("rollback to savepoint none");
    await this.#session.query("release savepoint none");
  }

  #copyRows(rows: readonly Uint8Array[]): Promise<number> {
    const stream = streamOf(this.#plan, rows);
    return copyInto(this.#session, this.#plan, this.#structure, false, stream, this.#signal);
  }

  async #copy(rows: readonly Uint8Array[]): Promise<number> {
    const session = this.#session;
    const count = await this.#copyRows(rows);
    if (this.#structure.isFresh) return count;
    // What would be looked at only by the commit; and as it was for the next rows, whose triggers may count on that.
    await session.abortable(this.#signal, () =>
      execute(session, this.#plan, `${FIRE_TRIGGERS}; set constraints all deferred`),
    );
    return count;
  }

  async write(rows: readonly Uint8Array[]): Promise<RowRefusal | null> {
    const session = this.#session;
    await this.#save();
    try {
      this.#rowCount += await this.#copy(rows);
    } catch (error) {
      return this.#refusalOf(error, rows);
    }
    for (const id of await ownIds(session)) this.#ids.add(id);
    await session.query("release savepoint rows");
    this.#isSaved = false;
    return null;
  }

  /** What waits for the end of COPY, or of the transaction, is seen once the rows are written. */
  async tryOut(rows: readonly Uint8Array[]): Promise<RowRefusal | null> {
    await this.#save();
    try {
      await this.#copyRows(rows);
    } catch (error) {
      return this.#refusalOf(error, rows);
    }
    await this.#session.query("rollback to savepoint rows");
    return null;
  }

  async #save(): Promise<void> {
    if (!this.#isSaved) await this.#session.query("savepoint rows");
    this.#isSaved = true;
  }

  /** After it the savepoint is as it was. Rejects with what is no row's fault. */
  async #refusalOf(error: unknown, rows: readonly Uint8Array[]): Promise<RowRefusal> {
    const refused = refusedFor(error);
    if (refused === null || this.#signal.aborted) throw error;
    await this.#session.query("rollback to savepoint rows");
    const at = copiedRow(error, this.#structure.loadTable.name);
    const isNamed = at !== undefined && at < rows.length;
    // Only a row that is named or alone is told of.
    const isTold = isNamed || rows.length === 1;
    const column = refused.column ?? (isTold ? await this.#columnsOfOnce(refused.constraint) : null);
    return { error: error as AppError, sqlstate: refused.sqlstate, column, ...(isNamed && { at }) };
  }

  async #columnsOfOnce(constraint: string | null): Promise<string | null> {
    if (constraint === null) return null;
    const known = this.#columnsOf.get(constraint);
    if (known !== undefined) return known;
    const columns = await columnsOf(this.#session, constraint, this.#structure.loadTable);
    this.#columnsOf.set(constraint, columns);
    return columns;
  }
}
