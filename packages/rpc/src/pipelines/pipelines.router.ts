import {
  CreatePipelineInput,
  Id,
  ListPipelinesInput,
  pageOf,
  Pipeline,
  PipelineChange,
  PipelineDetail,
  PipelinePlan,
  PipelineSuggestion,
  PlanPipelineInput,
  PreflightInput,
  PreflightResult,
  SuggestPipelineInput,
  TriggerResult,
  UpdatePipelineInput,
} from "@millrace/shared";
import { z } from "zod";
import { pagedInput } from "../paging.ts";
import { presentRun } from "../runs/runs.presenter.ts";
import { startRun } from "../runs/start-run.ts";
import { streamOf } from "../streams/stream-output.ts";
import { procedureFor, router } from "../trpc.ts";
import { planPipeline } from "./pipelines.plan.ts";
import { preflightPipeline } from "./pipelines.preflight.ts";
import { presentPipeline } from "./pipelines.presenter.ts";
import { watchPipelines } from "./pipelines.stream.ts";
import { suggestPipeline } from "./pipelines.suggestion.ts";
import { createPipeline, deletePipeline, getPipeline, listPipelines, updatePipeline } from "./pipelines.service.ts";

const ById = z.strictObject({ id: Id });

export const pipelinesRouter = router({
  list: procedureFor("viewer", "read")
    .input(pagedInput(ListPipelinesInput))
    .output(pageOf(Pipeline))
    .query(async ({ ctx, input }) => {
      const { items, nextCursor } = await listPipelines(ctx.scope, input);
      return { items: items.map(presentPipeline), nextCursor };
    }),

  get: procedureFor("viewer", "read")
    .input(ById)
    .output(PipelineDetail)
    .query(async ({ ctx, input }) => {
      const { pipeline, runs } = await getPipeline(ctx.scope, input.id);
      return { ...presentPipeline(pipeline), runs: runs.map(presentRun) };
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
      const isProgram = ctx.door === "rest" || ctx.actor.via === "token";
      const trigger = ctx.door === "sample" ? "sample" : isProgram ? "api" : "manual";
      const run = await startRun(ctx.scope, input.id, trigger);
      return { runId: run.id, status: run.status };
    }),

  /** What a run would do now. A refusal is an answer; see `PipelinePlan`. */
  plan: procedureFor("editor", "read")
    .input(PlanPipelineInput)
    .output(PipelinePlan)
    .query(({ ctx, input, signal }) => planPipeline(ctx.scope, input, signal)),

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

  /** Says which pipeline changed, its runs included. The first event, and the first after each lost connection, is null. */
  onChange: procedureFor("viewer", "read")
    .input(z.strictObject({ lastEventId: z.string().max(40).nullish() }).optional())
    .output(streamOf(PipelineChange))
    .subscription(({ ctx, signal }) => watchPipelines(ctx.scope, signal)),
});
