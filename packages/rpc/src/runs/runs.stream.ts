import { tracked, type TrackedEnvelope } from "@trpc/server";
import { AppError, isRunActive, type RunEvent, type RunsChange } from "@millrace/shared";
import type { Scope } from "../context.ts";
import { batched } from "../streams/batched.ts";
import { liveChanges } from "../streams/live.ts";
import { linesAfter } from "./run-log.service.ts";
import { presentLogLine, presentRunDetail } from "./runs.presenter.ts";
import { getRunDetail } from "./runs.service.ts";

/** Lines in one event; a longer log comes as several events, so that its size is no matter. */
const LINES_PER_EVENT = 500;
/** A run reports twice a second; a list of them need not follow more closely. */
const LIST_PAUSE_MS = 500;

/**
 * Neither a gap nor a doubled line, whatever breaks in between: the feed only says when to look, and what was sent is told
 * by the last `seq` alone, which is the id of each event. The run is read before its lines, so an ended run has them all.
 */
export async function* watchRun(
  scope: Scope,
  input: { readonly id: string; readonly lastEventId?: string | null | undefined },
  signal: AbortSignal | undefined,
): AsyncGenerator<TrackedEnvelope<RunEvent>, void> {
  const { platform } = scope;
  let lastSeq = seqOf(input.lastEventId);
  for await (const change of liveChanges(scope, { runId: input.id }, signal)) {
    if (change.kind === "pipeline") continue;
    for (let isMore = true; isMore;) {
      // A fresh manager each time: one that has seen the run before would answer from memory.
      const em = platform.store.forOrganization(scope.actor.organizationId);
      const detail = await getRunDetail({ em, platform }, input.id);
      const lines = (await linesAfter({ em }, input.id, lastSeq, LINES_PER_EVENT)).map(presentLogLine);
      lastSeq = lines.at(-1)?.seq ?? lastSeq;
      yield tracked(String(lastSeq), { run: presentRunDetail(detail), lines });
      isMore = lines.length === LINES_PER_EVENT;
      if (!isMore && !isRunActive(detail.run.status)) return;
    }
  }
}

/** Which runs changed, those of half a second together. Ids only number the events; there is nothing to resume. */
export async function* watchRuns(
  scope: Scope,
  signal: AbortSignal | undefined,
): AsyncGenerator<TrackedEnvelope<RunsChange>, void> {
  let count = 0;
  for await (const changes of batched(liveChanges(scope, {}, signal), LIST_PAUSE_MS)) {
    const isAll = changes.some(({ kind }) => kind === "resync");
    const runIds = new Set(changes.flatMap((change) => (change.kind === "run" ? [change.runId] : [])));
    if (!isAll && runIds.size === 0) continue;
    count += 1;
    yield tracked(String(count), { runIds: isAll ? null : [...runIds] });
  }
}

function seqOf(lastEventId: string | null | undefined): number {
  if (lastEventId === null || lastEventId === undefined) return 0;
  if (/^\d{1,9}$/.test(lastEventId)) return Number(lastEventId);
  throw new AppError("VALIDATION_FAILED", { params: { issue: "lastEventId: is not one of this stream" } });
}
