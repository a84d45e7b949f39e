import type { Chunk, SourceRead, SourceReader, TablePlan } from "@millrace/engine";
import { type Digest, formatTableName } from "@millrace/shared";
import { CopyOut } from "./postgres-copy-out.ts";
import { readDigest } from "./postgres-digest.ts";
import { copyOutSql, fromSql, type PostgresRelation } from "./postgres-select.ts";
import type { PostgresSession } from "./postgres-session.ts";

/** Reads in the transaction that is open in the session. */
export class SnapshotReader implements SourceReader {
  readonly #session: PostgresSession;
  readonly #signal: AbortSignal;
  readonly #relation: PostgresRelation;
  #isReading = false;

  constructor(session: PostgresSession, relation: PostgresRelation, signal: AbortSignal) {
    this.#session = session;
    this.#relation = relation;
    this.#signal = signal;
  }

  /** Whether a COPY is under way. Nobody need read it any more, so only the end of the session stops it. */
  get isReading(): boolean {
    return this.#isReading;
  }

  read(plan: TablePlan, chunk: Chunk): SourceRead {
    const stream = this.#session.client.query(new CopyOut(copyOutSql(this.#relation, plan, chunk)));
    this.#isReading = true;
    stream.once("end", () => (this.#isReading = false));
    const closed = new AbortController();
    stream.once("close", () => closed.abort());
    this.#session.watch(closed.signal);
    return {
      stream,
      toError: (error) => this.#session.toError(error, formatTableName(plan.sourceTable)),
      rowCount: () => stream.rowCount,
      byteCount: () => stream.byteCount,
    };
  }

  digest(plan: TablePlan, chunk: Chunk): Promise<Digest> {
    return this.#session.abortable(this.#signal, () =>
      readDigest(
        this.#session,
        plan.digestMethod ?? "text",
        plan.columns.map((column) => ({ value: column.expression, hashedAs: column.hashedAs })),
        fromSql(this.#relation, chunk),
      ),
    );
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}
