import {
  CountRunsInput,
  Id,
  ListRunsInput,
  LogLine,
  pageOf,
  Run,
  RunCounts,
  RunCursor,
  RunDetail,
  RunEvent,
  RunListItem,
  RunLogInput,
  RunLogMatches,
  RunLogMatchesInput,
  RunsChange,
  RunVerification,
  TriggerResult,
  UndoPreview,
} from "@millrace/shared";
import { z } from "zod";
import { pagedInput } from "../paging.ts";
import { streamOf } from "../streams/stream-output.ts";
import { procedureFor, router } from "../trpc.ts";
import { getRunVerification } from "./comparisons.service.ts";
import { findLogMatches, readRunLog } from "./run-log.service.ts";
import { presentListedRun, presentLogLine, presentRun, presentRunDetail } from "./runs.presenter.ts";
import { cancelRun, countRuns, getRunCursor, getRunDetail, listRuns, retryRun } from "./runs.service.ts";
import { previewUndo, undoRun } from "./undo.service.ts";
import { watchRun, watchRuns } from "./runs.stream.ts";

const ById = z.strictObject({ id: Id });

export const runsRouter = router({
  /** Newest first. */
  list: procedureFor("viewer", "read")
    .input(pagedInput(ListRunsInput))
    .output(pageOf(RunListItem))
    .query(async ({ ctx, input }) => {
      const { items, nextCursor } = await listRuns(ctx.scope, input);
      return { items: items.map(presentListedRun), nextCursor };
    }),

  /** How many runs are in each state, of those that the other filters leave. */
  counts: procedureFor("viewer", "read")
    .input(CountRunsInput)
    .output(RunCounts)
    .query(({ ctx, input }) => countRuns(ctx.scope, input)),

  get: procedureFor("viewer", "read")
    .input(ById)
    .output(RunDetail)
    .query(async ({ ctx, input }) => presentRunDetail(await getRunDetail(ctx.scope, input.id))),

  /** Which cursors the run has read: values of rows, which `get` leaves out for that. */
  cursor: procedureFor("editor", "read")
    .input(ById)
    .output(RunCursor.nullable())
    .query(({ ctx, input }) => getRunCursor(ctx.scope, input.id)),

  /** A pending run is cancelled at once; a running one within seconds, once its worker has rolled back. */
  cancel: procedureFor("operator", "write")
    .input(ById)
    .output(Run)
    .mutation(async ({ ctx, input }) => presentRun(await cancelRun(ctx.scope, input.id))),

  /** A new run of the same pipeline. */
  retry: procedureFor("operator", "write")
    .input(ById)
    .output(TriggerResult)
    .mutation(async ({ ctx, input }) => {
      const run = await retryRun(ctx.scope, input.id);
      return { runId: run.id, status: run.status };
    }),

  /** What a verification has found, or a load that failed for it, with the keys for those who may look at rows, or what a repair has done. */
  verification: procedureFor("viewer", "read")
    .input(ById)
    .output(RunVerification)
    .query(({ ctx, input }) => getRunVerification(ctx.scope, input.id)),

  /** What `undo` would do, and what speaks against it. */
  undoPreview: procedureFor("editor", "read")
    .input(ById)
    .output(UndoPreview)
    .query(({ ctx, input, signal }) => previewUndo(ctx.scope, input.id, signal)),

  /** A run that puts back the table which this one has replaced. */
  undo: procedureFor("editor", "write")
    .input(ById)
    .output(TriggerResult)
    .mutation(async ({ ctx, input }) => {
      const run = await undoRun(ctx.scope, input.id);
      return { runId: run.id, status: run.status };
    }),

  /** Lines in the order of `seq`; fewer than `limit` means that there are no more that way, or none yet. */
  log: procedureFor("viewer", "read")
    .input(RunLogInput)
    .output(z.array(LogLine))
    .query(async ({ ctx, input }) => (await readRunLog(ctx.scope, input)).map(presentLogLine)),

  /** Where in the log the lines are that a level and a search leave. */
  logMatches: procedureFor("viewer", "read")
    .input(RunLogMatchesInput)
    .output(RunLogMatches)
    .query(({ ctx, input }) => findLogMatches(ctx.scope, input)),

  /** Says which runs changed. The first event, and the first after each lost connection, is null: any may have. */
  onChange: procedureFor("viewer", "read")
    .input(z.strictObject({ lastEventId: z.string().max(40).nullish() }).optional())
    .output(streamOf(RunsChange))
    .subscription(({ ctx, signal }) => watchRuns(ctx.scope, signal)),

  /**
   * The run as it changes, with the log lines that are new. The id of an event is the last line's `seq`, so a client that
   * comes back with `lastEventId` gets each line once. Completes after the run has ended and all its lines were sent.
   */
  onProgress: procedureFor("viewer", "read")
    .input(z.strictObject({ id: Id, lastEventId: z.string().max(40).nullish() }))
    .output(streamOf(RunEvent))
    .subscription(({ ctx, input, signal }) => watchRun(ctx.scope, input, signal)),
});
