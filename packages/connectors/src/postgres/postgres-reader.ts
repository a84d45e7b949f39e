import {
  type Chunk,
  type KeyedOptions,
  type KeyedReader,
  type SourceRead,
  type SourceReader,
  type SourceRow,
  type TablePlan,
  WHOLE_TABLE,
} from "@millrace/engine";
import { AppError, type Digest, type ErrorCode, formatTableName } from "@millrace/shared";
import { inWireFormat } from "./postgres-batch-out.ts";
import { CopyOut } from "./postgres-copy-out.ts";
import { digestWithout, type HashedValue, readDigest } from "./postgres-digest.ts";
import { PostgresKeyedReader } from "./postgres-keyed-reader.ts";
import { rowNotesSql, splitRows } from "./postgres-rows.ts";
import { copyOutSql, fromSql, lastRowsSql, type PostgresRelation } from "./postgres-select.ts";
import type { PostgresSession } from "./postgres-session.ts";

const FAULTS_OF_A_CAST: ReadonlySet<ErrorCode> = new Set(["VALUE_INVALID", "VALUE_OUT_OF_RANGE"]);

/** Reads in the transaction that is open in the session. */
export class SnapshotReader implements SourceReader {
  readonly #session: PostgresSession;
  readonly #signal: AbortSignal;
  #relation: PostgresRelation;
  /** Without the conditions that were added. */
  readonly #whole: PostgresRelation;
  /** Whether rows have a place in their table, which is the order in which they are read. */
  protected readonly hasPlaces: boolean;
  #keyed: PostgresKeyedReader | undefined;
  #isReading = false;

  constructor(session: PostgresSession, relation: PostgresRelation, signal: AbortSignal, hasPlaces: boolean) {
    this.#session = session;
    this.hasPlaces = hasPlaces;
    this.#relation = relation;
    this.#whole = relation;
    this.#signal = signal;
  }

  /** Whether a COPY is under way. Nobody need read it any more, so only the end of the session stops it. */
  get isReading(): boolean {
    return this.#isReading || this.#keyed?.isReading === true;
  }

  protected get relation(): PostgresRelation {
    return this.#relation;
  }

  protected addConditions(conditions: readonly string[]): void {
    this.#relation = { ...this.#relation, conditions: [...this.#relation.conditions, ...conditions] };
  }

  read(plan: TablePlan, chunk: Chunk): SourceRead {
    return sent(this.#copyOut(plan, copyOutSql(this.#relation, plan, chunk)), plan);
  }

  readKeys(plan: TablePlan): SourceRead {
    const keys = { ...plan, columns: plan.keyColumns };
    return sent(this.#copyOut(keys, copyOutSql(this.#whole, keys, WHOLE_TABLE)), keys);
  }

  async *readRows(plan: TablePlan, chunk: Chunk): AsyncIterable<readonly SourceRow[]> {
    const read = this.#copyOut(
      plan,
      copyOutSql(this.#relation, plan, chunk, [rowNotesSql(plan.digestMethod, valuesOf(plan))]),
    );
    try {
      yield* splitRows(read.stream, plan);
    } catch (error) {
      throw read.stream.errored === error ? read.toError(error) : error;
    }
  }

  #copyOut(plan: TablePlan, sql: string): SourceRead {
    const stream = this.#session.client.query(new CopyOut(sql));
    this.#isReading = true;
    stream.once("end", () => (this.#isReading = false));
    const closed = new AbortController();
    stream.once("close", () => closed.abort());
    this.#session.watch(closed.signal);
    return {
      stream,
      toError: (error) => this.#toError(error, plan),
      rowCount: () => stream.rowCount,
      byteCount: () => stream.byteCount,
    };
  }

  async digest(plan: TablePlan, chunk: Chunk, without: readonly Digest[] = []): Promise<Digest> {
    const method = plan.digestMethod ?? "text";
    const digest = await this.#session.abortable(this.#signal, () =>
      readDigest(this.#session, method, valuesOf(plan), fromSql(this.#relation, chunk)),
    );
    return digestWithout(method, digest, without);
  }

  keyed(plan: TablePlan, key: readonly string[], options: KeyedOptions = {}): KeyedReader {
    const { isExact = false, isWhole = false, last, chunk = WHOLE_TABLE, without = [] } = options;
    const relation = isWhole ? this.#whole : this.#relation;
    const from = last
      ? lastRowsSql(relation, plan, { key, lastBy: last.lastBy, hasPlaces: this.hasPlaces })
      : fromSql(relation, chunk);
    const rows = { from, values: valuesOf(plan) };
    this.#keyed = new PostgresKeyedReader(this.#session, plan, key, rows, this.#signal, { isExact, without });
    return this.#keyed;
  }

  /** The server names no column that a value could not be cast in, so all are named that could be it. */
  #toError(error: unknown, plan: TablePlan): AppError {
    const known = this.#session.toError(error, formatTableName(plan.sourceTable));
    const { casts } = this.#relation;
    if (casts.length === 0 || !FAULTS_OF_A_CAST.has(known.code)) return known;
    const [column, another] = casts;
    const only = column !== undefined && another === undefined ? { column } : {};
    const params = { side: "source", columns: casts.join(", "), ...only };
    return new AppError("MAPPING_CAST_FAILED", { params, cause: known.cause });
  }

  close(): Promise<void> {
    return this.#session.close();
  }
}

const sent = (read: SourceRead, plan: TablePlan): SourceRead => ({ ...read, stream: inWireFormat(read.stream, plan) });

const valuesOf = ({ columns }: TablePlan): HashedValue[] =>
  columns.map(({ expression, hashedAs }) => ({ value: expression, hashedAs }));
