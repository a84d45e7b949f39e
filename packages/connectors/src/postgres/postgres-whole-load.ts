import type { Readable } from "node:stream";
import type {
  Chunk,
  ChunkWriter,
  DestinationSession,
  KeyedEnds,
  LateQuarantine,
  LoadResult,
  Published,
  RunIdentity,
  TablePlan,
} from "@millrace/engine";
import type { Digest } from "@millrace/shared";
import { commitPublished, copyInto, copyKeysInto, finishLoad } from "./postgres-load.ts";
import { refusedFor } from "./postgres-errors.ts";
import { quoteTable } from "./postgres-identifiers.ts";
import { findOwnRows, FIRE_TRIGGERS, keyedOwnRows, type OwnRows, wholeTable } from "./postgres-own-rows.ts";
import type { PostgresPlan } from "./postgres-plan.ts";
import { publishedEnds } from "./postgres-published-ends.ts";
import { SavepointWriter } from "./postgres-row-writer.ts";
import type { PostgresSession } from "./postgres-session.ts";
import { execute, setUp } from "./postgres-setup.ts";

/** Opens the one transaction of a load that is not staged. */
export async function beginWholeLoad(
  session: PostgresSession,
  plan: TablePlan,
  identity: RunIdentity | null,
  signal: AbortSignal,
): Promise<DestinationSession> {
  await session.query("begin");
  try {
    const { pagesBefore } = await setUp(session, plan);
    return new WholeLoad(session, plan, identity, signal, pagesBefore);
  } catch (error) {
    await session.query("rollback").catch(() => {});
    throw error;
  }
}

/** State: open -> committed | rolled back. It is its own writer, whose `commit` and `close` are left to `publish` and `close`. */
class WholeLoad implements DestinationSession {
  readonly kind = "open";
  readonly isStaged = false;
  readonly committed = [];
  readonly startsOverBecause = null;
  readonly #session: PostgresSession;
  readonly #plan: TablePlan;
  readonly #detail: PostgresPlan;
  readonly #identity: RunIdentity | null;
  readonly #signal: AbortSignal;
  #isOpen = true;
  /** Of a table that others wrote before: its length in pages before the rows arrive. */
  #pagesBefore: number;
  /** Writes row by row, once the chunk as a whole was refused. */
  readonly #rows: SavepointWriter;
  #rowsWritten = 0;
  /** Where the rows of the last digest are. */
  #arrived: string;
  #hasKeys = false;

  constructor(
    session: PostgresSession,
    plan: TablePlan,
    identity: RunIdentity | null,
    signal: AbortSignal,
    pagesBefore: number,
  ) {
    this.#session = session;
    this.#plan = plan;
    this.#detail = plan.detail as PostgresPlan;
    this.#identity = identity;
    this.#signal = signal;
    this.#pagesBefore = pagesBefore;
    this.#arrived = quoteTable(this.#detail.loadTable);
    this.#rows = new SavepointWriter(session, plan, this.#detail, signal, () => this.#beginAgain());
  }

  /** What COPY stores frozen must not be in a savepoint, so there is none to go back to: all of it is done again. */
  async #beginAgain(): Promise<void> {
    await this.#session.query("rollback");
    await this.#session.query("begin");
    this.#pagesBefore = (await setUp(this.#session, this.#plan)).pagesBefore;
  }

  async discard(): Promise<void> {}

  async openWriter(): Promise<ChunkWriter> {
    return {
      write: (chunk, stream) => this.#write(chunk, stream),
      isRowFault: (error) => refusedFor(error) !== null,
      rows: this.#rows,
      digest: () => this.#digest(),
      keyed: (key, options) => keyedOwnRows(this.#session, this.#plan, this.#arrived, key, this.#signal, options),
      commit: async () => {},
      close: async () => {},
    };
  }

  writeKeys(stream: Readable): Promise<number> {
    this.#hasKeys = true;
    return copyKeysInto(this.#session, this.#plan, this.#detail, stream, this.#signal);
  }

  async #write(_chunk: Chunk, stream: Readable): Promise<number> {
    const { isFresh } = this.#detail;
    const session = this.#session;
    this.#rowsWritten = await copyInto(session, this.#plan, this.#detail, isFresh, stream, this.#signal);
    // What would be looked at only by the commit, when nothing can be set aside any more.
    if (!isFresh) await session.abortable(this.#signal, () => execute(session, this.#plan, FIRE_TRIGGERS));
    return this.#rowsWritten;
  }

  async #digest(): Promise<Digest> {
    const { digest, from } = await this.#session.abortable(this.#signal, () =>
      this.#detail.isFresh ? wholeTable(this.#session, this.#plan, this.#detail) : this.#findOwnRows(),
    );
    this.#arrived = from;
    return digest;
  }

  #findOwnRows(): Promise<OwnRows> {
    const { ids } = this.#rows;
    const rowsWritten = ids.length > 0 ? this.#rows.rowCount() : this.#rowsWritten;
    return findOwnRows(this.#session, this.#plan, this.#detail, this.#pagesBefore - 1, rowsWritten, ids);
  }

  keyed(plan: TablePlan, key: readonly string[]): KeyedEnds | undefined {
    return publishedEnds(this.#session, plan, this.#detail, key, this.#signal);
  }

  publish(loaded: LoadResult, late: LateQuarantine): Promise<Published> {
    const session = this.#session;
    return session.abortable(this.#signal, async () => {
      const published = await finishLoad(
        session,
        this.#plan,
        this.#detail,
        this.#identity,
        { ...loaded, hasKeys: this.#hasKeys },
        late,
        this.#signal,
      );
      this.#isOpen = false;
      await commitPublished(session, this.#plan, this.#identity);
      return published;
    });
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#session.query("rollback").catch(() => {});
  }
}
