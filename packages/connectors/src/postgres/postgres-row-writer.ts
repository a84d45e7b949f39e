import type { RowRefusal, RowWriter, TablePlan } from "@millrace/engine";
import type { AppError } from "@millrace/shared";
import { refusedFor } from "./postgres-errors.ts";
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

  async #copy(rows: readonly Uint8Array[]): Promise<number> {
    const session = this.#session;
    const stream = streamOf(this.#plan, rows);
    const count = await copyInto(session, this.#plan, this.#structure, false, stream, this.#signal);
    if (this.#structure.isFresh) return count;
    // What would be looked at only by the commit; and as it was for the next rows, whose triggers may count on that.
    await session.abortable(this.#signal, () =>
      execute(session, this.#plan, `${FIRE_TRIGGERS}; set constraints all deferred`),
    );
    return count;
  }

  async write(rows: readonly Uint8Array[]): Promise<RowRefusal | null> {
    const session = this.#session;
    if (!this.#isSaved) await session.query("savepoint rows");
    this.#isSaved = true;
    try {
      this.#rowCount += await this.#copy(rows);
    } catch (error) {
      const refused = refusedFor(error);
      if (refused === null || this.#signal.aborted) throw error;
      await session.query("rollback to savepoint rows");
      // Only a row that is alone is told of.
      const column = refused.column ?? (rows.length === 1 ? await this.#columnsOfOnce(refused.constraint) : null);
      return { error: error as AppError, sqlstate: refused.sqlstate, column };
    }
    for (const id of await ownIds(session)) this.#ids.add(id);
    await session.query("release savepoint rows");
    this.#isSaved = false;
    return null;
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
