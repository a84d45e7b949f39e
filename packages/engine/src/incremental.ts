import { createHash } from "node:crypto";
import { AppError, formatTableName, isPlainMapping, type RunCursor } from "@millrace/shared";
import type {
  CursorLook,
  CursorPosition,
  DestinationSide,
  LoadResult,
  RunMapping,
  SourceSession,
  SourceSide,
} from "./connector.ts";
import { assertCursorOfTable, planRun } from "./plan.ts";
import type { RunRequest } from "./run.ts";

/** What an incremental run reads, and what will be read once it is published. */
export interface IncrementalRead {
  readonly look: CursorLook;
  /** Whether an earlier run has brought what is left out. */
  readonly isPartial: boolean;
  readonly cursor: LoadResult["cursor"];
}

/**
 * Asks the destination how far the pipeline has read, and the source where to go on; before the run's snapshot is taken. Null
 * for a run that reads everything and remembers nothing: one without a cursor, and a copy without a pipeline.
 */
export async function beginIncremental(
  request: RunRequest,
  sides: { readonly source: SourceSide; readonly destination: DestinationSide },
): Promise<IncrementalRead | null> {
  const { identity, policies, sourceTable, destinationTable, signal, onLog, backfill = null } = request;
  const policy = policies?.incremental ?? null;
  if (policy === null || identity === null) return null;
  assertCursorOfTable(request);
  const known = await sides.destination.cursorPosition(identity, destinationTable, signal);
  const of = originOf(request);
  const from = known !== null && known.column === policy.cursor && known.of === of ? known : null;
  const asked = { policy, from, window: backfill };
  const look = await sides.source.lookAtCursor(sourceTable, asked, signal).catch(async (error: unknown) => {
    throw (await changeBehind(request)) ?? error;
  });
  const isOurs = from !== null && isOfOrder(from, look.order);
  for (const note of look.notes) onLog("warn", note);
  const unusable =
    known === null || isOurs
      ? null
      : from === null
        ? `the position is of another cursor or source than ${policy.cursor}`
        : `the values of ${policy.cursor} follow each other in another order than when the position was taken`;
  onLog("info", readLine(policy.cursor, look, backfill !== null, unusable));
  const position: CursorPosition | null =
    look.position === null ? null : { column: policy.cursor, value: look.position, order: look.order, of };
  // What is recorded of another cursor, order or source means nothing any more.
  const kept = isOurs ? "kept" : null;
  return { look, isPartial: look.range.from !== null || look.range.to !== null, cursor: position ?? kept };
}

/** Whether a position speaks of what comes before it in this order. One that an earlier version kept is taken to. */
export const isOfOrder = ({ order }: Pick<CursorPosition, "order">, now: string): boolean =>
  order === undefined || order === now;

/** The refusal of a source that has changed, where that is why its cursor cannot be looked at; else null. */
async function changeBehind(request: RunRequest): Promise<AppError | null> {
  if (!request.schema?.agreed || request.signal.aborted) return null;
  try {
    await planRun(request);
    return null;
  } catch (error) {
    return error instanceof AppError && error.code === "SCHEMA_CHANGED" ? error : null;
  }
}

/** What the run will have read once it is published, for people. */
export function cursorRead({ backfill }: RunRequest, incremental: IncrementalRead | null): RunCursor | null {
  if (incremental === null) return null;
  const { range, position } = incremental.look;
  const isBackfill = backfill != null;
  return { column: range.column, from: range.from, to: isBackfill ? range.to : position, isBackfill };
}

/** Leaves what was read before out of the session, and says how many rows have no cursor. */
export async function narrow(
  { onLog }: RunRequest,
  source: SourceSession,
  { look }: IncrementalRead,
): Promise<{ readonly leavesNullsOut: boolean }> {
  const { range } = look;
  const count = await source.narrow(range);
  if (count > 0) {
    const word = range.nulls === "exclude" ? "are left out" : "are read by every run";
    onLog("warn", `${count} rows have no value in the cursor ${range.column} and ${word}`);
  }
  return { leavesNullsOut: count > 0 && range.nulls === "exclude" };
}

function readLine(cursor: string, { range }: CursorLook, isBackfill: boolean, unusable: string | null): string {
  if (isBackfill) return `Backfill: reads rows by their ${cursor} once more, and leaves the position as it is`;
  if (range.from !== null) return `Reads rows by their ${cursor}, from the position of the run before`;
  return `Reads all rows: ${unusable ?? `there is no position in ${cursor} yet`}`;
}

/** Under another mapping rows that were read before would be others, so a position under it is one of another source. */
const originOf = ({ source, sourceTable, mapping }: RunRequest): string =>
  [
    source.identity?.systemIdentifier ?? "",
    source.identity?.database ?? "",
    formatTableName(sourceTable),
    ...(mapping === undefined || isPlainMapping(mapping.mapping) ? [] : [fingerprintOf(mapping)]),
  ].join(" ");

const fingerprintOf = ({ mapping, maskKey }: RunMapping): string =>
  createHash("sha256")
    .update(JSON.stringify([mapping, maskKey]))
    .digest("hex");
