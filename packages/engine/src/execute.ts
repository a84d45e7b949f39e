import {
  AppError,
  counted,
  DEFAULT_POLICIES,
  formatDigest,
  formatTableName,
  type RowChanges,
  type SchemaAgreement,
  type SchemaReport,
  describeSchemaChange,
  toAppError,
} from "@millrace/shared";
import { combineDigests } from "./chunk.ts";
import type {
  Chunk,
  DestinationSession,
  DestinationSide,
  LateQuarantine,
  LoadResult,
  Published,
  PublishedRun,
  SourceSession,
  TableDescription,
  TablePlan,
} from "./connector.ts";
import { comparedPlan } from "./comparison.ts";
import { copyKeys } from "./copy.ts";
import { failpoint } from "./failpoints.ts";
import { beginIncremental, cursorRead, type IncrementalRead, narrow } from "./incremental.ts";
import { copiedLine, type Load, loadChunks } from "./load.ts";
import { MismatchFinder } from "./mismatch.ts";
import { assertDistinct, assertIncremental, beginSource, chunksOf, planSession, sidesOf } from "./plan.ts";
import { ProgressMeter } from "./progress.ts";
import { Quarantine, quarantined } from "./quarantine.ts";
import type { RunOutcome, RunRequest } from "./run.ts";
import { heldVerification, verificationOf } from "./verify.ts";
import { readShape, shapeOf } from "./schema-uses.ts";

/**
 * Executes one run: plan, copy, verify, publish. Nobody sees a row at the destination before `publish` commits, so when this
 * rejects the destination is as it was, whatever the reason, the death of this process included. Called again for a run
 * whose chunks were committed in part, it goes on with them; for one that was published before, it changes nothing and
 * answers what was committed.
 */
export async function executeRun(asked: RunRequest): Promise<RunOutcome> {
  const request = asked.identity === null ? withoutUndo(asked) : asked;
  const startedAt = performance.now();
  const meter = new ProgressMeter(request.onProgress);
  assertDistinct(request);
  meter.enter("plan");
  const sides = sidesOf(request);
  const failure = new AbortController();
  const signal = AbortSignal.any([request.signal, failure.signal]);
  const incremental = await beginIncremental({ ...request, signal }, sides);
  const source = await beginSource({ ...request, signal });
  try {
    await failpoint("after-source-begin");
    const read = await rangeOf({ ...request, signal }, source, incremental);
    let schema: SchemaReport | null = null;
    const onSchema: RunRequest["onSchema"] = (report, shape) => {
      schema = report;
      request.onSchema?.(report, shape);
    };
    const planning = { ...request, signal, onSchema };
    const { plan, existing, chunks, destination } = await beginPlanned(planning, sides.destination, source, read);
    logPlan(request, plan, schema);
    if (destination.kind === "published") {
      request.onLog("info", "The destination has committed this run before; nothing to do");
      return outcomeOf(request, plan, destination, meter, startedAt);
    }
    const quarantine = new Quarantine(request.budget ?? {}, request.quarantine);
    const mismatch = new MismatchFinder(request, source.description, existing);
    const abort = () => failure.abort();
    const load = { request, plan, chunks, source, destination, read, meter, quarantine, mismatch, abort };
    const outcome = await transfer(load, startedAt);
    const agreement = await agreementOf({ ...request, signal }, source);
    return { ...outcome, cursor: cursorRead(request, incremental), agreement };
  } finally {
    await source.close();
  }
}

/** The run is over by now, so a destination that cannot be looked at any more is no reason to fail. */
async function agreementOf(request: RunRequest, source: SourceSession): Promise<SchemaAgreement | null> {
  const { schema, destination, destinationTable, signal } = request;
  if (!schema) return null;
  const standing = await destination.describe(destinationTable, signal).catch(() => null);
  return { source: readShape(request, source), destination: standing && shapeOf(standing) };
}

/** What of the table a run reads. */
async function rangeOf(
  request: RunRequest,
  source: SourceSession,
  incremental: IncrementalRead | null,
): Promise<Load["read"]> {
  if (incremental === null) return { isPartial: false, lacksKeys: false, cursor: null };
  assertIncremental(request, source.base);
  const { leavesNullsOut } = await narrow(request, source, incremental);
  const { isPartial, cursor } = incremental;
  return { isPartial, lacksKeys: isPartial || leavesNullsOut, cursor };
}

/** Nothing stays at the destination of a copy without a pipeline, so there is nobody who could undo it. */
const withoutUndo = (request: RunRequest): RunRequest => ({
  ...request,
  policies: { ...(request.policies ?? DEFAULT_POLICIES), undo: { keepHours: 0 } },
});

/** How often a plan is made anew because the destination changed between the look at it and the transaction. */
const MAX_PLANS = 3;

interface Begun {
  readonly plan: TablePlan;
  readonly existing: TableDescription | null;
  readonly chunks: readonly Chunk[];
  readonly destination: DestinationSession | PublishedRun;
}

async function beginPlanned(
  request: RunRequest,
  side: DestinationSide,
  source: SourceSession,
  { isPartial }: Load["read"],
): Promise<Begun> {
  const { identity, signal } = request;
  for (let planCount = 1; ; planCount++) {
    const { plan, existing } = await planSession(request, source);
    const chunks = await chunksOf(request, plan, source);
    try {
      return { plan, existing, chunks, destination: await side.begin(plan, { identity, chunks, isPartial }, signal) };
    } catch (error) {
      const isChanged = error instanceof AppError && error.code === "DESTINATION_CHANGED";
      if (!isChanged || planCount === MAX_PLANS) throw error;
    }
  }
}

async function transfer(load: Load, startedAt: number): Promise<RunOutcome> {
  let isTriedAgain = false;
  try {
    return await loadAndPublish(load, startedAt);
  } catch (error) {
    load.mismatch.tell(error);
    isTriedAgain = load.request.isTriedAgain?.(toAppError(error)) ?? false;
    throw error;
  } finally {
    await load.destination.close({ keepsChunks: isTriedAgain });
  }
}

async function loadAndPublish(load: Load, startedAt: number): Promise<RunOutcome> {
  const { request, plan, destination, read, meter, quarantine } = load;
  const { onLog } = request;
  meter.enter("copy", read.isPartial ? null : plan.estimatedRows);
  const committed = await loadChunks(load);
  if (read.lacksKeys && plan.keyColumns.length > 0) await copyKeys(load);
  if (destination.isStaged) {
    meter.finishStage();
    onLog("info", copiedLine(meter, plan));
    meter.enter("verify");
  }
  quarantine.assertWithin(meter.rows);
  const rowCount = committed.reduce((sum, chunk) => sum + chunk.rowCount, 0);
  const digests = committed.flatMap(({ digest }) => digest ?? []);
  const digest = digests.length === committed.length ? combineDigests(digests) : null;
  if (digest !== null) {
    const what = quarantine.count === 0 ? "both ends" : "what arrived and the source without what was set aside";
    onLog("info", `Verified: ${what} have the digest ${formatDigest(digest)}`);
  } else if (verificationOf(request) === "full") {
    onLog("warn", `${rowCount} rows arrived as were read; not verified: the two systems share no way to take a digest`);
  } else if (verificationOf(request) === "count") {
    onLog("info", `Row counts are equal: ${rowCount} rows arrived as were read; what they hold was not compared`);
  } else {
    onLog("info", "Not verified: verification is off");
  }

  meter.enter("publish");
  await failpoint("before-publish");
  const loaded = {
    rowCount,
    verification: heldVerification(request, plan),
    sourceDigest: digest,
    destinationDigest: digest,
    cursor: read.cursor,
  };
  const { notes, changes, loaded: left } = await publish(load, loaded);
  for (const note of notes) onLog("warn", note);
  if (quarantine.count > 0) onLog("warn", `${setAsideOf(quarantine.count)} set aside: ${quarantine.summary()}`);
  meter.finishStage();
  onLog("info", publishedLine(plan, changes));
  return {
    ...outcomeOf(request, plan, { kind: "published", ...left, changes }, meter, startedAt, meter.rows),
    rowsQuarantined: quarantine.count,
  };
}

async function publish(load: Load, loaded: LoadResult): Promise<Published> {
  const { destination, mismatch } = load;
  try {
    return await destination.publish(loaded, lateQuarantine(load));
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "DIGEST_MISMATCH") throw error;
    // Nothing is rolled back yet: what was merged can be looked at beside what arrived.
    const plan = comparedPlan(load.plan, load.plan.keying);
    const open = (key: readonly string[]) => destination.keyed?.(plan, key);
    throw await mismatch.explain({ error, digests: null, chunk: null, plan, open });
  }
}

function publishedLine({ writeMode }: TablePlan, changes: RowChanges | null): string {
  if (changes === null) return writeMode === "replace" ? "The new table is in place" : "The rows are in the table";
  const { inserted, updated, deleted, unchanged, duplicates } = changes;
  const counts = `${counted(inserted, "row")} inserted, ${updated} updated, ${deleted} deleted, ${unchanged} unchanged`;
  return duplicates === 0 ? counts : `${counts}; of ${duplicates} more with the same key as a later one none is kept`;
}

const lateQuarantine = ({ plan, source, meter, quarantine }: Load): LateQuarantine => ({
  get count() {
    return quarantine.count;
  },
  get room() {
    return quarantine.roomOf(meter.rows);
  },
  keep: async (rows) => {
    const { primaryKey } = source.description;
    await quarantine.keep(
      rows.map((row) => quarantined(plan, primaryKey, row, row.refusal)),
      rows.map(({ refusal }) => refusal.error),
    );
    quarantine.assertWithin(meter.rows);
  },
});

const SCHEMA_WORDS: Partial<Record<SchemaReport["verdict"], string>> = {
  applied: "the destination follows",
  left_out: "what the destination has no column for is left out",
};

const setAsideOf = (count: number): string => `${counted(count, "row")} ${count === 1 ? "was" : "were"}`;

function logPlan(
  { onLog, sourceTable, destinationTable, writeMode, schema }: RunRequest,
  plan: TablePlan,
  report: SchemaReport | null,
): void {
  const casts = plan.columns.filter((column) => column.isCast).length;
  const castText = casts === 0 ? "no column is cast" : `${counted(casts, "column")} cast in the source's query`;
  onLog(
    "info",
    `${writeMode}: ${formatTableName(sourceTable)} to ${formatTableName(destinationTable)}, ` +
      `${counted(plan.columns.length, "column")} as ${plan.wireFormat}, ${castText}`,
  );
  if (report && report.changes.length > 0) {
    const follows = SCHEMA_WORDS[report.verdict];
    const level = report.verdict === "noted" ? "info" : "warn";
    const since = schema?.agreed ? "Changed since it was agreed" : "Both ends differ, as if";
    onLog(level, `${since}: ${report.changes.map(describeSchemaChange).join("; ")}`);
    if (follows) onLog(level, `By the policy ${report.policy} ${follows}`);
  }
  for (const statement of plan.statements) onLog("debug", statement);
  for (const warning of plan.warnings) onLog("warn", warning);
}

function outcomeOf(
  request: RunRequest,
  plan: TablePlan,
  published: PublishedRun,
  meter: ProgressMeter,
  startedAt: number,
  rowsRead: number = published.rowCount,
): RunOutcome {
  const { sourceDigest, destinationDigest, rowCount, changes } = published;
  return {
    rowsRead,
    rowsWritten: rowCount,
    rowsQuarantined: null,
    cursor: null,
    proof: {
      verification: heldVerification(request, plan),
      isVerified: sourceDigest !== null && destinationDigest !== null ? true : null,
      sourceDigest,
      destinationDigest,
      changes,
      wireFormat: plan.wireFormat,
      bytes: meter.bytes,
      durationMs: Math.round(performance.now() - startedAt),
    },
    agreement: null,
  };
}
