import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { DestinationSession, DestinationSide, PublishedRun, RunIdentity, TablePlan } from "@millrace/engine";
import type { Digest, ErrorCode } from "@millrace/shared";
import { CopyIn } from "./postgres-copy-in.ts";
import { readDigest } from "./postgres-digest.ts";
import { quoteIdentifier, quoteTable } from "./postgres-identifiers.ts";
import { planTable, type PostgresPlan } from "./postgres-plan.ts";
import { claimFence, ensurePositionTable, findPublished, recordPosition } from "./postgres-position.ts";
import { assertPermitted } from "./postgres-privileges.ts";
import type { PostgresSession } from "./postgres-session.ts";
import { execute, setUp, toPlanError } from "./postgres-setup.ts";
import { surveyDestination } from "./postgres-survey.ts";

/** How long the destination is asked, after a commit without an answer, whether it went through. */
const COMMIT_CHECK_MS = 20_000;

/** PostgreSQL as a destination: one session, and one transaction for a whole run. */
export function postgresDestination(session: PostgresSession): DestinationSide {
  return {
    plan: planTable,
    survey: (source, table, signal) => session.abortable(signal, () => surveyDestination(session, source, table)),
    assertPermitted: (plan, signal) => session.abortable(signal, () => assertPermitted(session, plan)),
    begin: (plan, identity, signal) => session.abortable(signal, () => begin(session, plan, identity, signal)),
  };
}

async function begin(
  session: PostgresSession,
  plan: TablePlan,
  identity: RunIdentity | null,
  signal: AbortSignal,
): Promise<DestinationSession | PublishedRun> {
  if (identity) {
    await ensurePositionTable(session);
    const published = await claimFence(session, identity, plan.destinationTable);
    if (published) return published;
  }
  await session.query("begin");
  try {
    const { pagesBefore } = await setUp(session, plan);
    return new WriteTransaction(session, plan, identity, signal, pagesBefore);
  } catch (error) {
    await session.query("rollback").catch(() => {});
    throw error;
  }
}

/** What an index can be refused for; anything else concerns the whole run. */
const FAULTS_OF_AN_INDEX: ReadonlySet<ErrorCode> = new Set([
  "SERVER_ERROR",
  "CONSTRAINT_VIOLATED",
  "PRIVILEGE_MISSING",
]);

/** State: open -> committed | rolled back. */
class WriteTransaction implements DestinationSession {
  readonly kind = "open";
  readonly #session: PostgresSession;
  readonly #plan: TablePlan;
  readonly #detail: PostgresPlan;
  readonly #identity: RunIdentity | null;
  readonly #signal: AbortSignal;
  #isOpen = true;
  /** Of a table that others wrote before: its length in pages before the rows arrive. */
  readonly #pagesBefore: number;
  #rowsWritten = 0;

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
  }

  async write(stream: Readable): Promise<number> {
    let failed: "stream" | "copy" | undefined;
    stream.once("error", () => (failed ??= "stream"));
    return this.#session.abortable(this.#signal, async () => {
      const copy = this.#session.client.query(new CopyIn(this.#copyInSql()));
      // Whichever fails first takes the other one with it.
      copy.once("error", () => (failed ??= "copy"));
      // Until the stream's end it is the stream that the server waits for.
      this.#session.isFeeding = true;
      stream.once("end", () => (this.#session.isFeeding = false));
      try {
        // A server that waits for COPY's next bytes hears no cancel request, so the end of the bytes has to come from here.
        await pipeline(stream, copy, { signal: this.#signal });
      } catch (error) {
        throw failed === "stream" ? error : toPlanError(this.#session, this.#plan, error);
      } finally {
        this.#session.isFeeding = false;
      }
      this.#rowsWritten = copy.rowCount;
      return copy.rowCount;
    });
  }

  digest(): Promise<Digest> {
    const { columns, digestMethod } = this.#plan;
    const table = quoteTable(this.#detail.loadTable);
    const values = columns.map((column) => ({ value: quoteIdentifier(column.name), hashedAs: column.hashedAs }));
    const digestOf = (from: string) => readDigest(this.#session, digestMethod ?? "text", values, from);
    return this.#session.abortable(this.#signal, async () => {
      if (this.#detail.isFresh) return digestOf(table);
      // In a table that others wrote before, this transaction's rows are those that carry its id. Nearly always all of them
      // are behind its old end, so that the rest need not be read; else some have filled gaps before it.
      const mine = `${table} where xmin = (select pg_current_xact_id()::xid)`;
      if (this.#pagesBefore > 0) {
        const behind = await digestOf(`${mine} and ctid >= '(${this.#pagesBefore - 1},0)'::tid`);
        if (behind.rowCount === this.#rowsWritten) return behind;
      }
      return digestOf(mine);
    });
  }

  publish(published: Omit<PublishedRun, "kind">): Promise<readonly string[]> {
    return this.#session.abortable(this.#signal, async () => {
      const notes = await this.#finish();
      for (const statement of this.#detail.publish) await execute(this.#session, this.#plan, statement);
      if (this.#identity) {
        await recordPosition(this.#session, this.#identity, this.#plan.destinationTable, published);
      }
      await this.#commit();
      return notes;
    });
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#session.query("rollback").catch(() => {});
  }

  async #finish(): Promise<string[]> {
    const notes: string[] = [];
    for (const { sql, isOptional } of this.#detail.finish) {
      if (!isOptional) {
        await execute(this.#session, this.#plan, sql);
        continue;
      }
      await this.#session.query("savepoint optional");
      try {
        await execute(this.#session, this.#plan, sql);
      } catch (error) {
        const { code } = this.#session.toError(error);
        if (this.#signal.aborted || !FAULTS_OF_AN_INDEX.has(code)) throw error;
        await this.#session.query("rollback to savepoint optional");
        notes.push(`Left out, since the destination could not make it (${code}): ${sql}`);
      }
      await this.#session.query("release savepoint optional");
    }
    return notes;
  }

  /** When the answer to COMMIT is lost, the position that was committed with the rows tells what became of it. */
  async #commit(): Promise<void> {
    try {
      await execute(this.#session, this.#plan, "commit");
      this.#isOpen = false;
    } catch (error) {
      this.#isOpen = false;
      const known = this.#session.toError(error);
      if (known.code !== "CONNECTION_LOST" || !this.#identity) throw known;
      if (!(await this.#wasCommitted(this.#identity).catch(() => false))) throw known;
    }
  }

  async #wasCommitted(identity: RunIdentity): Promise<boolean> {
    const again = await this.#session.reopen(AbortSignal.timeout(COMMIT_CHECK_MS));
    try {
      return (await findPublished(again, identity, this.#plan.destinationTable)) !== null;
    } finally {
      await again.close();
    }
  }

  #copyInSql(): string {
    const { columns, wireFormat } = this.#plan;
    const { loadTable, isFresh } = this.#detail;
    const names = columns.map((column) => quoteIdentifier(column.name)).join(", ");
    // COPY takes no empty list, and a table without columns needs none.
    const list = columns.length === 0 ? "" : ` (${names})`;
    const options = [`format ${wireFormat === "pg-binary" ? "binary" : "text"}`, ...(isFresh ? ["freeze"] : [])];
    return `copy ${quoteTable(loadTable)}${list} from stdin (${options.join(", ")})`;
  }
}
