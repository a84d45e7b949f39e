import {
  AppError,
  type Digest,
  formatDigest,
  formatTableName,
  hasKey,
  REPLAY_REASONS,
  type ReplayReason,
  type RunProof,
  type VerificationMode,
} from "@millrace/shared";
import type { HeldRow, ReplaySession, RowRefusal, TablePlan } from "./connector.ts";
import { failpoint } from "./failpoints.ts";
import { beginSource, planSession, sidesOf } from "./plan.ts";
import { ProgressMeter } from "./progress.ts";
import type { QuarantinedRow } from "./quarantine.ts";
import type { RunIdentity, RunRequest } from "./run.ts";
import { heldVerification, verifyReplay } from "./verify.ts";

/** What the destination said of a row that it has refused once more. */
export type RefusedAgain = Pick<QuarantinedRow, "code" | "sqlstate" | "column" | "reason"> & { readonly id: string };

/** Where the rows come from, and who is told what became of them. */
export interface ReplayFeed {
  /** The rows that are held for this replay, in the order of their ids, in parts that memory takes; empty at the end. */
  next(after: string | null): Promise<readonly HeldRow[]>;
  /** Resolves once that is kept for good. */
  settle(replayed: readonly string[], refused: readonly RefusedAgain[]): Promise<void>;
}

export interface ReplayRequest extends Omit<RunRequest, "identity"> {
  readonly identity: RunIdentity;
  /** The run that has set the rows aside. */
  readonly replays: string;
  readonly feed: ReplayFeed;
}

export interface ReplayOutcome {
  readonly replayed: number;
  readonly refused: number;
  /** The source's digest is that of the rows as they were held, edits included. Null where this run is not known to have brought any. */
  readonly proof: RunProof | null;
}

/** So many are written in one savepoint, and told of at once. */
const BATCH_ROWS = 500;

/**
 * Brings rows of a quarantine to their destination, each of them once, in one transaction there that also records which they
 * are. Whoever goes on after a death finds that record and only tells of these rows. Rows that are refused again stay where
 * they are. Before the commit the rows are compared as they stand with the rows as they were held, by the pipeline's policy.
 * When this rejects before its commit, nothing was changed. Throws `REPLAY_UNAVAILABLE`, `UNSUPPORTED`, `DIGEST_MISMATCH`,
 * `FENCE_STALE`, and `REPLAY_REFUSED` where not a single row was taken.
 */
export async function replayRows(request: ReplayRequest): Promise<ReplayOutcome> {
  const { signal, onLog, feed } = request;
  const startedAt = performance.now();
  const meter = new ProgressMeter(request.onProgress);
  meter.enter("plan");
  const plan = await planReplay(request);
  const open = sidesOf(request).destination.openReplay;
  if (!open) {
    const what = `Replaying rows at ${request.destination.connector.title}`;
    throw new AppError("UNSUPPORTED", { params: { what, instead: "Run the pipeline again." } });
  }
  const verification = heldVerification(request, plan);
  const target = { runId: request.replays, isOutdatedByLaterRun: isOutdatedByLaterRun(request), verification };
  const session = await open(plan, request.identity, target, signal);
  try {
    meter.enter("copy");
    const { replayed, refused, known } = await writeAll(session, plan, feed, meter);
    meter.finishStage();
    meter.enter("verify");
    const digest =
      verification === "full" ? await verifyReplay(session, plan, known, (message) => onLog("error", message)) : null;
    if (replayed.length > 0) onLog("info", comparedLine(verification, digest, replayed.length));
    meter.enter("publish");
    await failpoint("before-replay-commit");
    await session.commit();
    await failpoint("after-replay-commit");
    if (known.length > 0) onLog("info", `${known.length} rows had been brought before by a replay that could not tell`);
    onLog("info", `${replayed.length} rows of run ${request.replays} are in ${formatTableName(plan.destinationTable)}`);
    if (refused.length > 0) onLog("warn", `${refused.length} rows were refused again and stay: ${kindsOf(refused)}`);
    await settleAll(feed, replayed, refused);
    await failpoint("after-replay-settle");
    await session.forget(known);
    meter.finishStage();
    if (replayed.length === 0 && refused.length > 0) {
      throw new AppError("REPLAY_REFUSED", {
        params: { count: refused.length, kinds: kindsOf(refused), side: "destination" },
      });
    }
    if (replayed.length === 0) return { replayed: 0, refused: 0, proof: null };
    const proof: RunProof = {
      verification: verification === "full" && digest === null ? null : verification,
      isVerified: digest === null ? null : true,
      sourceDigest: digest,
      destinationDigest: digest,
      changes: null,
      wireFormat: session.wireFormat,
      bytes: meter.bytes,
      durationMs: Math.round(performance.now() - startedAt),
    };
    return { replayed: replayed.length, refused: refused.length, proof };
  } finally {
    await session.close();
  }
}

function comparedLine(verification: VerificationMode, digest: Digest | null, count: number): string {
  if (digest !== null)
    return `Verified: the rows as they were held and in their table have the digest ${formatDigest(digest)}`;
  if (verification === "count")
    return `Row counts are equal: ${count} rows stand in their table; what they hold was not compared`;
  if (verification === "off") return "Not verified: verification is off";
  return "Not verified: an earlier replay has brought rows without taking their digest";
}

/** A table that was replaced gets its missing rows beside the others. */
async function planReplay(request: ReplayRequest): Promise<TablePlan> {
  const writeMode = hasKey(request.writeMode) ? request.writeMode : "append";
  const run: RunRequest = { ...request, writeMode };
  const source = await beginSource(run);
  try {
    const { plan } = await planSession(run, source);
    if (plan.createsTable) throw unavailable("table_changed");
    return plan;
  } finally {
    await source.close();
  }
}

const isOutdatedByLaterRun = ({ writeMode, policies }: ReplayRequest): boolean =>
  writeMode === "replace" || (hasKey(writeMode) && (policies?.incremental ?? null) === null);

const unavailable = (reason: ReplayReason) =>
  new AppError("REPLAY_UNAVAILABLE", { params: { reason: REPLAY_REASONS[reason], side: "destination" } });

interface Written {
  readonly replayed: readonly string[];
  readonly refused: readonly RefusedAgain[];
  /** Those of `replayed` that an earlier replay has brought, or an earlier claim of this one. */
  readonly known: readonly string[];
}

async function writeAll(
  session: ReplaySession,
  plan: TablePlan,
  feed: ReplayFeed,
  meter: ProgressMeter,
): Promise<Written> {
  const replayed = new Set(session.broughtBefore);
  const known = new Set(session.broughtBefore);
  const refused: RefusedAgain[] = [];
  const tally = meter.tally();
  let after: string | null = null;
  for (;;) {
    const rows = await feed.next(after);
    const last = rows.at(-1);
    if (!last) return { replayed: [...replayed], refused, known: [...known] };
    after = last.id;
    const before = await session.replayed(rows.map(({ id }) => id));
    for (const id of before) known.add(id);
    const open = rows.filter(({ id }) => !before.has(id));
    assertColumns(plan, open);
    const refusals = new Map<string, RefusedAgain>();
    for (let at = 0; at < open.length; at += BATCH_ROWS) {
      for await (const row of refusedOf(session, open.slice(at, at + BATCH_ROWS))) refusals.set(row.id, row);
    }
    refused.push(...refusals.values());
    for (const { id } of rows) if (!refusals.has(id)) replayed.add(id);
    tally.advance(replayed.size, 0);
  }
}

/** Throws `REPLAY_UNAVAILABLE`. */
function assertColumns({ columns }: TablePlan, rows: readonly HeldRow[]): void {
  const isSame = ({ values }: HeldRow) =>
    Object.keys(values).length === columns.length && columns.every(({ name }) => Object.hasOwn(values, name));
  if (!rows.every(isSame)) throw unavailable("columns_changed");
}

/** A part that is refused is halved until single rows are left, in their order. */
async function* refusedOf(session: ReplaySession, rows: readonly HeldRow[]): AsyncGenerator<RefusedAgain> {
  const [row] = rows;
  if (!row) return;
  const refusal = await session.write(rows);
  if (refusal === null) return;
  if (rows.length === 1) {
    yield refusedAgain(row.id, refusal);
    return;
  }
  const middle = rows.length >> 1;
  yield* refusedOf(session, rows.slice(0, middle));
  yield* refusedOf(session, rows.slice(middle));
}

const refusedAgain = (id: string, { error, sqlstate, column }: RowRefusal): RefusedAgain => ({
  id,
  code: error.code,
  sqlstate,
  column,
  reason: error.message,
});

/** Part by part; whoever goes on after a death finds the rest still to be told of. */
async function settleAll(
  feed: ReplayFeed,
  replayed: readonly string[],
  refused: readonly RefusedAgain[],
): Promise<void> {
  for (let at = 0; at < refused.length; at += BATCH_ROWS) await feed.settle([], refused.slice(at, at + BATCH_ROWS));
  for (let at = 0; at < replayed.length; at += BATCH_ROWS) await feed.settle(replayed.slice(at, at + BATCH_ROWS), []);
}

/** Codes with their columns, for the log. */
function kindsOf(refused: readonly RefusedAgain[]): string {
  const counts = new Map<string, number>();
  for (const { code, column } of refused) {
    const what = column === null ? code : `${code} in column ${column}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].map(([what, count]) => `${count} ${what}`).join(", ");
}
