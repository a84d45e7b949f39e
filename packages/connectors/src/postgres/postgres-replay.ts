import type {
  HeldRow,
  ReplayDigests,
  ReplaySession,
  ReplayTarget,
  RowRefusal,
  RunIdentity,
  TablePlan,
} from "@millrace/engine";
import { AppError, type Digest, formatTableName, REPLAY_REASONS, type ReplayReason } from "@millrace/shared";
import { refusedFor } from "./postgres-errors.ts";
import { quoteTable } from "./postgres-identifiers.ts";
import { columnsOf } from "./postgres-key-faults.ts";
import { COMMIT_CHECK_MS, copyInto } from "./postgres-load.ts";
import { mergeSql } from "./postgres-merge-sql.ts";
import { ensureTables } from "./postgres-own-schema.ts";
import type { PostgresPlan } from "./postgres-plan.ts";
import { claimFence, ensurePositionTable, findPublished, holdFence } from "./postgres-position.ts";
import { REPLAYED_TABLES, type ReplayMerge, ReplayProof } from "./postgres-replay-proof.ts";
import { streamOf } from "./postgres-rows.ts";
import type { PostgresSession } from "./postgres-session.ts";
import { ask, execute, holdTable } from "./postgres-setup.ts";

/** More than one row with a key in one statement: each of them may be right by itself. */
const SAME_ROW_TWICE = "21000";

/** See `DestinationSide.openReplay`. */
export async function openReplay(
  session: PostgresSession,
  plan: TablePlan,
  identity: RunIdentity,
  target: ReplayTarget,
  signal: AbortSignal,
): Promise<ReplaySession> {
  await ensurePositionTable(session);
  await ensureTables(session, "replayed_hash", REPLAYED_TABLES);
  await claimFence(session, identity, plan.destinationTable);
  await session.query("begin");
  try {
    await holdFence(session, identity, plan.destinationTable);
    const { isLatest } = await assertTarget(session, plan, identity, target);
    await holdTable(session, plan);
    // A row whose constraint is looked at only at the end could not be told from the others then.
    await execute(session, plan, "set constraints all immediate");
    const { merge, setup, loadTable } = plan.detail as PostgresPlan;
    if (merge) for (const statement of setup) await execute(session, plan, statement);
    const merged = merge && { plan: merge, sql: mergeSql(plan, loadTable, merge) };
    const proof = await ReplayProof.open(session, plan, merged, target);
    const before = await session.query<{ row_id: string }>(
      "select row_id::text from _millrace.replayed where run_id = $1",
      [identity.runId],
    );
    const ids = before.map(({ row_id: id }) => id);
    return new Replay(session, plan, identity, merged, proof, isLatest, ids, signal);
  } catch (error) {
    await session.query("rollback").catch(() => {});
    throw error;
  }
}

/** Whether nothing was published since the run whose rows these are. Throws `REPLAY_UNAVAILABLE`. */
async function assertTarget(
  session: PostgresSession,
  plan: TablePlan,
  { pipelineId }: RunIdentity,
  { runId, isOutdatedByLaterRun }: Pick<ReplayTarget, "runId" | "isOutdatedByLaterRun">,
): Promise<{ readonly isLatest: boolean }> {
  const [known] = await session.query<{ run_id: string | null; is_same: boolean | null }>(
    `select run_id::text, position ->> 'table' = to_regclass($3)::oid::text as is_same
     from _millrace.position where pipeline_id = $1 and stream = $2`,
    [pipelineId, formatTableName(plan.destinationTable), quoteTable(plan.destinationTable)],
  );
  const isLatest = known?.run_id === runId.toLowerCase();
  if (isOutdatedByLaterRun && !isLatest && known?.run_id != null) throw unavailable("later_run");
  if (known?.is_same !== true) throw unavailable("table_changed");
  return { isLatest };
}

const unavailable = (reason: ReplayReason) =>
  new AppError("REPLAY_UNAVAILABLE", { params: { reason: REPLAY_REASONS[reason], side: "destination" } });

/** State: open -> committed | rolled back. */
class Replay implements ReplaySession {
  #session: PostgresSession;
  /** After a lost commit it is another one, which is ours to close. */
  readonly #given: PostgresSession;
  readonly #plan: TablePlan;
  readonly #detail: PostgresPlan;
  readonly #identity: RunIdentity;
  readonly #merge: ReplayMerge | null;
  readonly #proof: ReplayProof;
  readonly #isLatest: boolean;
  readonly broughtBefore: readonly string[];
  readonly #signal: AbortSignal;
  #isOpen = true;
  /** Whether no rows at all were shown to be taken. */
  #takesNone = false;
  #writtenId: string | undefined;

  constructor(
    session: PostgresSession,
    plan: TablePlan,
    identity: RunIdentity,
    merge: ReplayMerge | null,
    proof: ReplayProof,
    isLatest: boolean,
    broughtBefore: readonly string[],
    signal: AbortSignal,
  ) {
    this.#session = session;
    this.#given = session;
    // What was set aside is text, whatever the rows travel as otherwise.
    this.#plan = { ...plan, wireFormat: "pg-text" };
    this.#detail = plan.detail as PostgresPlan;
    this.#identity = identity;
    this.#merge = merge;
    this.#proof = proof;
    this.#isLatest = isLatest;
    this.broughtBefore = broughtBefore;
    this.#signal = signal;
  }

  get wireFormat(): string {
    return this.#plan.wireFormat;
  }

  async replayed(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.#session.query<{ row_id: string }>(
      "select row_id::text from _millrace.replayed where row_id = any ($1::uuid[])",
      [ids],
    );
    return new Set(rows.map(({ row_id: id }) => id));
  }

  write(rows: readonly HeldRow[]): Promise<RowRefusal | null> {
    return this.#session.abortable(this.#signal, () => this.#write(rows));
  }

  async #write(rows: readonly HeldRow[]): Promise<RowRefusal | null> {
    const keyless = this.#keylessColumn(rows);
    if (keyless !== null) return keyless;
    const session = this.#session;
    await session.query("savepoint replay");
    try {
      const taken = await this.#writeWithin(rows);
      if (!("error" in taken)) {
        await session.query("release savepoint replay");
        this.#proof.keep(taken);
        this.#writtenId ??= rows[0]?.id;
        return null;
      }
      await this.#undo();
      return taken;
    } catch (error) {
      const refused = refusedFor(error);
      const isTwice = rows.length > 1 && error instanceof AppError && error.params["sqlstate"] === SAME_ROW_TWICE;
      if ((refused === null && !isTwice) || this.#signal.aborted) throw error;
      await this.#undo();
      if (refused) await this.#assertTakesNone();
      const column =
        refused && rows.length === 1
          ? (refused.column ?? (await columnsOf(session, refused.constraint, this.#plan.destinationTable)))
          : null;
      return { error: error as AppError, sqlstate: refused?.sqlstate ?? null, column };
    }
  }

  /** The rows and the record that they are there, in the open savepoint. */
  async #writeWithin(rows: readonly HeldRow[]): Promise<RowRefusal | TakenRows> {
    const session = this.#session;
    const { columns } = this.#plan;
    const lines = rows.map(({ values }) => Buffer.from(copyLine(columns.map(({ name }) => values[name] ?? null))));
    const stream = streamOf(this.#plan, lines);
    const count = await copyInto(session, this.#plan, this.#detail, false, stream, this.#signal);
    if (count !== rows.length) return keptBack();
    const stored = this.#merge && (await this.#mergeInto(this.#merge, rows.length));
    return stored && "error" in stored ? stored : this.#proof.record(rows, this.#identity, stored);
  }

  /** Throws where even no rows would be taken, as by a trigger of the statement: none of them is at fault then. */
  async #assertTakesNone(): Promise<void> {
    if (this.#takesNone) return;
    await this.#session.query("savepoint replay");
    await copyInto(this.#session, this.#plan, this.#detail, false, streamOf(this.#plan, []), this.#signal);
    for (const statement of this.#merge?.sql.bringing ?? []) await execute(this.#session, this.#plan, statement);
    await this.#undo();
    this.#takesNone = true;
  }

  /** Resolves to what stands at the rows' keys then. */
  async #mergeInto(merge: ReplayMerge, count: number): Promise<RowRefusal | Digest> {
    const { sql } = merge;
    const session = this.#session;
    // Nobody else has counted the stage, and a table of millions is not to be read for a few rows.
    await execute(session, this.#plan, `analyze ${sql.stage}`);
    if (!this.#isLatest) {
      const { count: known } = await ask<{ count: string }>(
        session,
        this.#plan,
        `select count(*)::text as count from ${sql.stage} s where exists (select from ${sql.target} t where ${sql.sameKey})`,
      );
      if (known !== "0") return refusalOf(new AppError("ROW_SUPERSEDED", { params: atDestination }));
    }
    for (const statement of sql.bringing) await execute(session, this.#plan, statement);
    const stored = await this.#proof.lookAtKeys(merge);
    await execute(session, this.#plan, `truncate ${sql.stage}`);
    return stored.rowCount === count ? stored : keptBack();
  }

  /** A row that finds its place by a key needs one, which an edit can have taken away. */
  #keylessColumn(rows: readonly HeldRow[]): RowRefusal | null {
    const key = this.#merge?.plan.key ?? [];
    const column = key.find((name) => rows.some(({ values }) => values[name] == null));
    if (column === undefined) return null;
    const table = formatTableName(this.#plan.destinationTable);
    const params = { count: 1, table, key: key.join(", "), side: "destination" };
    return { error: new AppError("KEY_NULL", { params }), sqlstate: null, column };
  }

  async #undo(): Promise<void> {
    await this.#session.query("rollback to savepoint replay");
    await this.#session.query("release savepoint replay");
  }

  digests(known: readonly string[]): Promise<ReplayDigests | null> {
    return this.#session.abortable(this.#signal, () => this.#proof.digests(known));
  }

  async commit(): Promise<void> {
    try {
      await this.#session.abortable(this.#signal, () => execute(this.#session, this.#plan, "commit"));
    } catch (error) {
      const known = this.#session.toError(error);
      if (known.code !== "CONNECTION_LOST" || !(await this.#isCommitted().catch(() => false))) throw known;
    }
    this.#isOpen = false;
  }

  /** Goes on over the session that it asks with. A commit on its way has either arrived then or never does. */
  async #isCommitted(): Promise<boolean> {
    const again = await this.#given.reopen(AbortSignal.timeout(COMMIT_CHECK_MS));
    this.#session = again;
    await findPublished(again, this.#identity, this.#plan.destinationTable);
    return this.#writtenId === undefined || (await this.replayed([this.#writtenId])).size > 0;
  }

  async forget(known: readonly string[]): Promise<void> {
    const { runId } = this.#identity;
    await this.#session.query("delete from _millrace.replayed where run_id = $1 or row_id = any ($2::uuid[])", [
      runId,
      known,
    ]);
  }

  async close(): Promise<void> {
    if (this.#isOpen) await this.#given.query("rollback").catch(() => {});
    this.#isOpen = false;
    if (this.#session !== this.#given) await this.#session.close();
  }
}

const atDestination = { side: "destination" } as const;

type TakenRows = Awaited<ReturnType<ReplayProof["record"]>>;

/** A trigger has. */
const keptBack = () => refusalOf(new AppError("DESTINATION_REFUSED", { params: atDestination }));

const refusalOf = (error: AppError): RowRefusal => ({ error, sqlstate: null, column: null });

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};

/** A line of COPY's text format. https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2 */
const copyLine = (values: readonly (string | null)[]): string =>
  // oxlint-disable-next-line no-control-regex -- these are what the format writes out
  `${values.map((value) => (value === null ? "\\N" : value.replaceAll(/[\\\b\f\n\r\t\v]/g, (sign) => ESCAPES[sign] ?? sign))).join("\t")}\n`;
