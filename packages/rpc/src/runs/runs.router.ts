import { Id, ListRunsInput, LogLine, pageOf, Run, RunEvent, RunLogInput, TriggerResult } from "@millrace/shared";
import { z } from "zod";
import { pagedInput } from "../paging.ts";
import { streamOf } from "../streams/stream-output.ts";
import { procedureFor, router } from "../trpc.ts";
import { presentLogLine, presentRun } from "./runs.presenter.ts";
import { cancelRun, getRun, listRuns, readRunLog, retryRun } from "./runs.service.ts";
import { watchRun } from "./runs.stream.ts";

const ById = z.strictObject({ id: Id });

export const runsRouter = router({
  /** Newest first. */
  list: procedureFor("viewer", "read")
    .input(pagedInput(ListRunsInput))
    .output(pageOf(Run))
    .query(async ({ ctx, input }) => {
      const { items, nextCursor } = await listRuns(ctx.scope, input);
      return { items: items.map(presentRun), nextCursor };
    }),

  get: procedureFor("viewer", "read")
    .input(ById)
    .output(Run)
    .query(async ({ ctx, input }) => presentRun(await getRun(ctx.scope, input.id))),

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

  /** Lines in the order of `seq`; fewer than `limit` means that there are no more yet. */
  log: procedureFor("viewer", "read")
    .input(RunLogInput)
    .output(z.array(LogLine))
    .query(async ({ ctx, input }) => (await readRunLog(ctx.scope, input)).map(presentLogLine)),

  /**
   * The run as it changes, with the log lines that are new. The id of an event is the last line's `seq`, so a client that
   * comes back with `lastEventId` gets each line once. Completes after the run has ended and all its lines were sent.
   */
  onProgress: procedureFor("viewer", "read")
    .input(z.strictObject({ id: Id, lastEventId: z.string().max(40).nullish() }))
    .output(streamOf(RunEvent))
    .subscription(({ ctx, input, signal }) => watchRun(ctx.scope, input, signal)),
});
