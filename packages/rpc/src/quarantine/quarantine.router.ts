import {
  DiscardedRows,
  DiscardQuarantineInput,
  Id,
  ListQuarantineInput,
  pageOf,
  QuarantinedRow,
  QuarantinedRowDetail,
  QuarantineSummary,
  ReplayQuarantineInput,
  ReplayStarted,
} from "@millrace/shared";
import { z } from "zod";
import { pagedInput } from "../paging.ts";
import { procedureFor, router } from "../trpc.ts";
import { presentQuarantinedDetail, presentQuarantinedRow } from "./quarantine.presenter.ts";
import { getQuarantinedRow, listQuarantine, summarizeQuarantine } from "./quarantine.service.ts";
import { discardRows, replayRows } from "./replay.service.ts";

export const quarantineRouter = router({
  /** In the order in which the rows were set aside. Keys are for editors. */
  list: procedureFor("viewer", "read")
    .input(pagedInput(ListQuarantineInput))
    .output(pageOf(QuarantinedRow))
    .query(async ({ ctx, input }) => {
      const { items, nextCursor } = await listQuarantine(ctx.scope, input);
      return { items: items.map(presentQuarantinedRow), nextCursor };
    }),

  /** How many rows there are of each state and kind, and what speaks against a replay. */
  summary: procedureFor("viewer", "read")
    .input(z.strictObject({ runId: Id }))
    .output(QuarantineSummary)
    .query(({ ctx, input }) => summarizeQuarantine(ctx.scope, input.runId)),

  /** A row with its values. */
  get: procedureFor("editor", "read")
    .input(z.strictObject({ runId: Id, id: Id }))
    .output(QuarantinedRowDetail)
    .query(async ({ ctx, input }) => {
      const { facts, values } = await getQuarantinedRow(ctx.scope, input);
      return presentQuarantinedDetail(facts, values);
    }),

  /** A run that brings rows to their destination, each once; one row may get other values on its way. */
  replay: procedureFor("editor", "write")
    .input(ReplayQuarantineInput)
    .output(ReplayStarted)
    .mutation(async ({ ctx, input }) => {
      const { run, count } = await replayRows(ctx.scope, input);
      return { runId: run.id, status: run.status, count };
    }),

  /** Nobody brings these rows any more. They stay to be looked at. */
  discard: procedureFor("editor", "write")
    .input(DiscardQuarantineInput)
    .output(DiscardedRows)
    .mutation(async ({ ctx, input }) => ({ count: await discardRows(ctx.scope, input) })),
});
