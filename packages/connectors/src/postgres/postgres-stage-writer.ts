import type { Readable } from "node:stream";
import {
  failpoint,
  type Chunk,
  type ChunkWriter,
  type CommittedChunk,
  type KeyedOptions,
  type KeyedReader,
  type RowWriter,
  type RunIdentity,
  type TablePlan,
} from "@millrace/engine";
import { AppError, type Digest, type TableName } from "@millrace/shared";
import { COMMIT_CHECK_MS, copyInto } from "./postgres-load.ts";
import { refusedFor } from "./postgres-errors.ts";
import { quoteTable } from "./postgres-identifiers.ts";
import { findOwnRows, keyedOwnRows } from "./postgres-own-rows.ts";
import { SavepointWriter } from "./postgres-row-writer.ts";
import type { PostgresSession } from "./postgres-session.ts";
import { countPages } from "./postgres-setup.ts";
import { isChunkCommitted, recordChunk } from "./postgres-stage.ts";
import type { StructurePlan } from "./postgres-structure.ts";

/**
 * A server lengthens a table that several sessions fill by up to 512 pages at once, and a session may put its rows into pages
 * that it was not the one to ask for. Rows of a transaction hardly ever lie further back than this.
 */
const PAGES_AHEAD = 1024;

export interface StageTarget {
  readonly plan: TablePlan;
  readonly stage: TableName;
  readonly structure: StructurePlan;
  readonly identity: RunIdentity | null;
  readonly reopen: (signal: AbortSignal) => Promise<PostgresSession>;
}

/** The stage: only a younger claim takes it away. */
const isNoTable = (error: unknown): boolean => error instanceof AppError && error.params["sqlstate"] === "42P01";

/** A writer over a session of its own, which it ends. */
export async function openStageWriter(target: StageTarget, signal: AbortSignal): Promise<ChunkWriter> {
  const session = await target.reopen(signal);
  try {
    await session.query("begin");
    return new StageWriter(session, target, signal);
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** One transaction for each chunk, which is begun when the one before ends: no statement of a chunk is ever outside of one. */
class StageWriter implements ChunkWriter {
  #session: PostgresSession;
  readonly #target: StageTarget;
  readonly #signal: AbortSignal;
  #firstPage = 0;
  #rowsWritten = 0;
  /** Where the rows of the last digest are. */
  #arrived: string;
  #range: string | null = null;
  /** Writes row by row, once the chunk as a whole was refused. */
  #rows: SavepointWriter;

  constructor(session: PostgresSession, target: StageTarget, signal: AbortSignal) {
    this.#session = session;
    this.#target = target;
    this.#signal = signal;
    this.#arrived = quoteTable(target.stage);
    this.#rows = this.#rowWriter();
  }

  get rows(): RowWriter {
    return this.#rows;
  }

  isRowFault(error: unknown): boolean {
    return refusedFor(error) !== null;
  }

  /** In the session as it is now: after a lost commit it is another one. */
  #rowWriter(): SavepointWriter {
    const session = this.#session;
    const { plan, structure } = this.#target;
    return new SavepointWriter(session, plan, structure, this.#signal, async () => {
      await session.query("rollback");
      await session.query("begin");
      this.#firstPage = Math.max(0, (await countPages(session, structure)) - PAGES_AHEAD);
    });
  }

  async write(chunk: Chunk, stream: Readable): Promise<number> {
    const { plan, structure } = this.#target;
    this.#rows = this.#rowWriter();
    this.#range = chunk.condition;
    // Not waited for, so that COPY takes hold of the stream in this tick; if this fails, the server refuses COPY as well.
    const counted = countPages(this.#session, structure);
    const copied = copyInto(this.#session, plan, structure, false, stream, this.#signal);
    const [pages, rows] = await Promise.allSettled([counted, copied]);
    if (pages.status === "rejected" && isNoTable(pages.reason))
      throw new AppError("FENCE_STALE", { cause: pages.reason });
    if (rows.status === "rejected") throw rows.reason;
    if (pages.status === "rejected") throw pages.reason;
    this.#firstPage = Math.max(0, pages.value - PAGES_AHEAD);
    this.#rowsWritten = rows.value;
    return rows.value;
  }

  async digest(): Promise<Digest> {
    const { plan, structure } = this.#target;
    const { ids } = this.#rows;
    const rowsWritten = ids.length > 0 ? this.#rows.rowCount() : this.#rowsWritten;
    const { digest, from } = await this.#session.abortable(this.#signal, () =>
      findOwnRows(this.#session, plan, structure, this.#firstPage, rowsWritten, ids),
    );
    this.#arrived = from;
    return digest;
  }

  keyed(key: readonly string[], options?: Pick<KeyedOptions, "without">): KeyedReader {
    return keyedOwnRows(this.#session, this.#target.plan, this.#arrived, key, this.#signal, options);
  }

  commit(chunk: CommittedChunk): Promise<void> {
    const { plan, stage, identity } = this.#target;
    const session = this.#session;
    return session.abortable(this.#signal, async () => {
      await failpoint("before-chunk-record");
      const record = { ...chunk, range: this.#range, ids: this.#rows.ids };
      const isNew = await recordChunk(session, stage, plan.destinationTable, identity, record);
      await (isNew ? this.#commit(chunk) : session.query("rollback"));
      await this.#session.query("begin");
    });
  }

  async #commit(chunk: CommittedChunk): Promise<void> {
    try {
      await failpoint("before-chunk-commit");
      await this.#session.query("commit");
      await failpoint("after-chunk-commit");
    } catch (error) {
      const known = this.#session.toError(error);
      if (known.code !== "CONNECTION_LOST" || !(await this.#isCommitted(chunk).catch(() => false))) throw known;
    }
  }

  /** Goes on over the session that it asks with. */
  async #isCommitted({ index }: CommittedChunk): Promise<boolean> {
    const { stage, reopen } = this.#target;
    const lost = this.#session;
    const again = await reopen(AbortSignal.timeout(COMMIT_CHECK_MS));
    this.#session = again;
    await lost.close();
    return isChunkCommitted(again, stage, index, lost.pid);
  }

  /** What it has open is rolled back by the server. */
  close(): Promise<void> {
    return this.#session.close();
  }
}
