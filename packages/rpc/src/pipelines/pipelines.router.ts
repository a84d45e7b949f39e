import {
  AcceptSchemaInput,
  AuditEvent,
  BackfillPipelineInput,
  BulkInput,
  BulkOutcome,
  BulkSwitchInput,
  CountPipelinesInput,
  CreatePipelineInput,
  DeletionPreview,
  Id,
  ListPipelinesInput,
  pageOf,
  Pipeline,
  PipelineChange,
  PipelineCounts,
  PipelineDetail,
  PipelinePlan,
  PipelinePosition,
  PipelineSuggestion,
  PlanChanges,
  PlanPipelineInput,
  PreflightInput,
  PreflightResult,
  PreviewMappedRowsInput,
  RepairPipelineInput,
  RowPreview,
  SuggestPipelineInput,
  PipelineHistoryInput,
  PipelineSummary,
  TriggerResult,
  UpdatePipelineInput,
} from "@millrace/shared";
import { z } from "zod";
import { presentAuditEvent } from "../audit/audit.presenter.ts";
import { pipelineHistory } from "../audit/audit.service.ts";
import { pagedInput } from "../paging.ts";
import { presentRun } from "../runs/runs.presenter.ts";
import { repairPipeline, verifyPipeline } from "../runs/comparisons.service.ts";
import { startRun, triggerOf } from "../runs/start-run.ts";
import { streamOf } from "../streams/stream-output.ts";
import { procedureFor, router } from "../trpc.ts";
import { planPipelineChanges } from "./pipelines.changes.ts";
import { planPipeline } from "./pipelines.plan.ts";
import { backfillPipeline, pipelinePosition } from "./pipelines.position.ts";
import { preflightPipeline } from "./pipelines.preflight.ts";
import { previewMappedRows } from "./pipelines.rows.ts";
import { suggestPipeline } from "./pipelines.suggestion.ts";
import { deletePipelines, switchPipelines, triggerPipelines } from "./pipelines.bulk.ts";
import { countPipelines, listPipelines } from "./pipelines.listing.ts";
import { presentListedPipeline, presentPipeline, presentWaitingSchema } from "./pipelines.presenter.ts";
import { acceptSchema } from "./pipelines.schema.ts";
import { watchPipelines } from "./pipelines.stream.ts";
import { createPipeline, deletePipeline, getPipeline, previewDeletion, updatePipeline } from "./pipelines.service.ts";

const ById = z.strictObject({ id: Id });

export const pipelinesRouter = router({
  list: procedureFor("viewer", "read")
    .input(pagedInput(ListPipelinesInput))
    .output(pageOf(PipelineSummary))
    .query(async ({ ctx, input }) => {
      const { items, nextCursor } = await listPipelines(ctx.scope, input);
      return { items: items.map(presentListedPipeline), nextCursor };
    }),

  counts: procedureFor("viewer", "read")
    .input(CountPipelinesInput)
    .output(PipelineCounts)
    .query(({ ctx, input }) => countPipelines(ctx.scope, input)),

  get: procedureFor("viewer", "read")
    .input(ById)
    .output(PipelineDetail)
    .query(async ({ ctx, input }) => {
      const { pipeline, runs } = await getPipeline(ctx.scope, input.id);
      const waitingSchema = presentWaitingSchema(pipeline);
      return { ...presentPipeline(pipeline), runs: runs.map(presentRun), waitingSchema };
    }),

  create: procedureFor("editor", "write")
    .input(CreatePipelineInput)
    .output(Pipeline)
    .mutation(async ({ ctx, input }) => presentPipeline(await createPipeline(ctx.scope, input))),

  update: procedureFor("editor", "write")
    .input(UpdatePipelineInput)
    .output(Pipeline)
    .mutation(async ({ ctx, input }) => presentPipeline(await updatePipeline(ctx.scope, input))),

  delete: procedureFor("editor", "write")
    .input(ById)
    .output(ById)
    .mutation(async ({ ctx, input }) => {
      await deletePipeline(ctx.scope, input.id);
      return { id: input.id };
    }),

  trigger: procedureFor("operator", "write")
    .input(ById)
    .output(TriggerResult)
    .mutation(async ({ ctx, input }) => {
      const run = await startRun(ctx.scope, input.id, triggerOf(ctx.scope));
      return { runId: run.id, status: run.status };
    }),

  /** A run that reads a window of the cursor once more, or all of it, and leaves the position as it is. */
  backfill: procedureFor("operator", "write")
    .input(BackfillPipelineInput)
    .output(TriggerResult)
    .mutation(async ({ ctx, input, signal }) => {
      const run = await backfillPipeline(ctx.scope, input, signal);
      return { runId: run.id, status: run.status };
    }),

  /** A run that compares what stands at both ends, and changes nothing. */
  verify: procedureFor("operator", "write")
    .input(ById)
    .output(TriggerResult)
    .mutation(async ({ ctx, input }) => {
      const run = await verifyPipeline(ctx.scope, input.id);
      return { runId: run.id, status: run.status };
    }),

  /** A run that mends the rows which a verification has listed. It goes beyond what the pipeline does by itself, so it is an editor's. */
  repair: procedureFor("editor", "write")
    .input(RepairPipelineInput)
    .output(TriggerResult)
    .mutation(async ({ ctx, input }) => {
      const run = await repairPipeline(ctx.scope, input);
      return { runId: run.id, status: run.status };
    }),

  /** How far an incremental pipeline has read, as its destination has it now. Null where it has read nothing. */
  position: procedureFor("editor", "read")
    .input(ById)
    .output(PipelinePosition.nullable())
    .query(({ ctx, input, signal }) => pipelinePosition(ctx.scope, input.id, signal)),
  /** What a run has found to have changed in the table and stopped for: the next run does as the report says. */
  acceptSchema: procedureFor("editor", "write")
    .input(AcceptSchemaInput)
    .output(Pipeline)
    .mutation(async ({ ctx, input }) => presentPipeline(await acceptSchema(ctx.scope, input))),

  /** What a run would do now. A refusal is an answer; see `PipelinePlan`. */
  plan: procedureFor("editor", "read")
    .input(PlanPipelineInput)
    .output(PipelinePlan)
    .query(({ ctx, input, signal }) => planPipeline(ctx.scope, input, signal)),

  /** How many rows a run would insert, update and delete now, with the first of each kind. A refusal is an answer. */
  planChanges: procedureFor("editor", "read")
    .input(PlanPipelineInput)
    .output(PlanChanges)
    .query(({ ctx, input, signal }) => planPipelineChanges(ctx.scope, input, signal)),

  /** The first rows as they would arrive: masked values stay masked. */
  previewRows: procedureFor("editor", "read")
    .input(PreviewMappedRowsInput)
    .output(RowPreview)
    .query(({ ctx, input, signal }) => previewMappedRows(ctx.scope, input, signal)),

  /** Named checks of everything that a run of the pipeline needs, before there is one. */
  preflight: procedureFor("editor", "read")
    .input(PreflightInput)
    .output(PreflightResult)
    .query(({ ctx, input, signal }) => preflightPipeline(ctx.scope, input, signal)),

  /** A free name and a free destination table for a pipeline from here to there. */
  suggest: procedureFor("editor", "read")
    .input(SuggestPipelineInput)
    .output(PipelineSuggestion)
    .query(({ ctx, input }) => suggestPipeline(ctx.scope, input)),

  /** Each in its turn and by the same rules as one alone, in one transaction; an id that is refused stops no other. */
  triggerMany: procedureFor("operator", "write")
    .input(BulkInput)
    .output(z.array(BulkOutcome))
    .mutation(({ ctx, input }) => triggerPipelines(ctx.scope, input)),

  /** As `triggerMany`. */
  switchMany: procedureFor("editor", "write")
    .input(BulkSwitchInput)
    .output(z.array(BulkOutcome))
    .mutation(({ ctx, input }) => switchPipelines(ctx.scope, input)),

  /** As `triggerMany`. */
  deleteMany: procedureFor("editor", "write")
    .input(BulkInput)
    .output(z.array(BulkOutcome))
    .mutation(({ ctx, input }) => deletePipelines(ctx.scope, input)),

  /** What goes with the pipeline when it is deleted. */
  deletePreview: procedureFor("editor", "read")
    .input(ById)
    .output(DeletionPreview)
    .query(({ ctx, input }) => previewDeletion(ctx.scope, input.id)),

  /** What was done to a pipeline and its runs, newest first. */
  history: procedureFor("viewer", "read")
    .input(pagedInput(PipelineHistoryInput))
    .output(pageOf(AuditEvent))
    .query(async ({ ctx, input }) => {
      const { items, nextCursor } = await pipelineHistory(ctx.scope, input);
      return { items: items.map(presentAuditEvent), nextCursor };
    }),

  /** Says which pipeline changed, its runs included. The first event, and the first after each lost connection, is null. */
  onChange: procedureFor("viewer", "read")
    .input(z.strictObject({ lastEventId: z.string().max(40).nullish() }).optional())
    .output(streamOf(PipelineChange))
    .subscription(({ ctx, signal }) => watchPipelines(ctx.scope, signal)),
});
