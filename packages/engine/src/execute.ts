import { AppError, formatDigest, formatTableName } from "@millrace/shared";
import type { DestinationSession, DestinationSide, PublishedRun, SourceSession, TablePlan } from "./connector.ts";
import { copyRows } from "./copy.ts";
import { assertDistinct, planSession, sidesOf } from "./plan.ts";
import { ProgressMeter } from "./progress.ts";
import type { RunOutcome, RunRequest } from "./run.ts";
import { verifyRows } from "./verify.ts";

/**
 * Executes one run: plan, copy, verify, publish. Everything that reaches the destination is in one transaction that
 * `publish` commits, so when this rejects the destination is as it was, whatever the reason, the death of this process
 * included. Called again for a run that was committed before, it changes nothing and answers what was committed.
 */
export async function executeRun(request: RunRequest): Promise<RunOutcome> {
  const startedAt = performance.now();
  const meter = new ProgressMeter(request.onProgress);
  assertDistinct(request);
  meter.enter("plan");
  const sides = sidesOf(request);
  const source = await sides.source.begin(request.sourceTable, request.signal);
  try {
    const { plan, destination } = await beginPlanned(request, sides.destination, source);
    logPlan(request, plan);
    if (destination.kind === "published") {
      request.onLog("info", "The destination has committed this run before; nothing to do");
      return outcomeOf(plan, destination, meter, startedAt);
    }
    try {
      return await transfer(request, plan, source, destination, meter, startedAt);
    } finally {
      await destination.close();
    }
  } finally {
    await source.close();
  }
}

/** How often a plan is made anew because the destination changed between the look at it and the transaction. */
const MAX_PLANS = 3;

async function beginPlanned(
  request: RunRequest,
  side: DestinationSide,
  source: SourceSession,
): Promise<{ plan: TablePlan; destination: DestinationSession | PublishedRun }> {
  for (let planCount = 1; ; planCount++) {
    const plan = await planSession(request, source);
    try {
      return { plan, destination: await side.begin(plan, request.identity, request.signal) };
    } catch (error) {
      const isChanged = error instanceof AppError && error.code === "DESTINATION_CHANGED";
      if (!isChanged || planCount === MAX_PLANS) throw error;
    }
  }
}

async function transfer(
  request: RunRequest,
  plan: TablePlan,
  source: SourceSession,
  destination: DestinationSession,
  meter: ProgressMeter,
  startedAt: number,
): Promise<RunOutcome> {
  const { onLog, verify } = request;
  meter.enter("copy", plan.estimatedRows);
  const { rowsRead, rowsWritten } = await copyRows(source, destination, plan, meter);
  onLog("info", `Copied ${rowsRead} rows, ${meter.bytes} bytes as ${plan.wireFormat}`);

  const published: Omit<PublishedRun, "kind"> = { rowCount: rowsWritten, sourceDigest: null, destinationDigest: null };
  meter.enter("verify");
  if (verify && plan.digestMethod !== null) {
    const verification = await verifyRows(source, destination, plan, (message) => onLog("error", message));
    Object.assign(published, verification);
    onLog("info", `Verified: both ends have the digest ${formatDigest(verification.destinationDigest)}`);
  } else if (verify) {
    onLog("warn", "Not verified: the two systems share no way to take a digest");
  } else {
    onLog("info", "Not verified: verification is off");
  }

  meter.enter("publish");
  for (const note of await destination.publish(published)) onLog("warn", note);
  meter.finishStage(rowsRead);
  onLog("info", plan.writeMode === "replace" ? "The new table is in place" : "The rows are in the table");
  return outcomeOf(plan, { kind: "published", ...published }, meter, startedAt, rowsRead);
}

function logPlan({ onLog, sourceTable, destinationTable, writeMode }: RunRequest, plan: TablePlan): void {
  const casts = plan.columns.filter((column) => column.isCast).length;
  const castText = casts === 0 ? "no column is cast" : `${casts} columns are cast in the source's query`;
  onLog(
    "info",
    `${writeMode}: ${formatTableName(sourceTable)} to ${formatTableName(destinationTable)}, ` +
      `${plan.columns.length} columns as ${plan.wireFormat}, ${castText}`,
  );
  for (const statement of plan.statements) onLog("debug", statement);
  for (const warning of plan.warnings) onLog("warn", warning);
}

function outcomeOf(
  plan: TablePlan,
  published: PublishedRun,
  meter: ProgressMeter,
  startedAt: number,
  rowsRead: number = published.rowCount,
): RunOutcome {
  const { sourceDigest, destinationDigest, rowCount } = published;
  return {
    rowsRead,
    rowsWritten: rowCount,
    proof: {
      isVerified: sourceDigest !== null && destinationDigest !== null ? true : null,
      sourceDigest,
      destinationDigest,
      wireFormat: plan.wireFormat,
      bytes: meter.bytes,
      durationMs: Math.round(performance.now() - startedAt),
    },
  };
}
