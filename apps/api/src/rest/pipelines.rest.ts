import {
  AuditEvent,
  BackfillPipelineInput,
  CreatePipelineInput,
  Id,
  ListedPipeline,
  ListPipelinesInput,
  Pipeline,
  PipelineDetail,
  PipelinePlan,
  PipelineHistoryInput,
  type PipelineSummary,
  RunStatus,
  UpdatePipelineInput,
} from "@millrace/shared";
import { z } from "zod";
import { pageItems, restRoute } from "./rest-route.ts";
import { snakeCaseName } from "./snake-case.ts";

const Message = z.strictObject({ message: z.string() });

/** Scripts list pipelines in the shape that a pipeline has alone, but for the mapping. */
const withoutSummary = ({
  source: _source,
  destination: _destination,
  lastRun: _lastRun,
  recentRuns: _runs,
  ...pipeline
}: PipelineSummary): ListedPipeline => pipeline;

/** The names of fields are values here, so they are spelled as this door spells them. */
const inSnakeCase = (event: AuditEvent): AuditEvent => ({
  ...event,
  changes: event.changes.map((change) => ({ ...change, field: snakeCaseName(change.field) })),
});

/** The contract that users' scripts rely on; `docs` and tests hold it. */
export const pipelineRoutes = [
  restRoute({
    method: "GET",
    url: "/api/pipelines",
    procedure: "pipelines.list",
    status: 200,
    tag: "Pipelines",
    summary: "List pipelines, newest first",
    query: ListPipelinesInput.pick({ limit: true, cursor: true, status: true, search: true }),
    response: z.array(ListedPipeline),
    respond: (page, http) => pageItems({ ...page, items: page.items.map(withoutSummary) }, http),
    errors: [],
  }),
  restRoute({
    method: "POST",
    url: "/api/pipelines",
    procedure: "pipelines.create",
    status: 201,
    tag: "Pipelines",
    summary: "Create a pipeline",
    body: CreatePipelineInput,
    response: Pipeline,
    errors: ["PIPELINE_NAME_TAKEN", "SOURCE_UNKNOWN", "SCHEDULE_INVALID"],
  }),
  restRoute({
    method: "GET",
    url: "/api/pipelines/:id",
    procedure: "pipelines.get",
    status: 200,
    tag: "Pipelines",
    summary: "Get a pipeline with its last ten runs, newest first",
    response: PipelineDetail,
    errors: ["PIPELINE_NOT_FOUND"],
  }),
  restRoute({
    method: "PUT",
    url: "/api/pipelines/:id",
    procedure: "pipelines.update",
    status: 200,
    tag: "Pipelines",
    summary: "Change what is named of a pipeline and keep the rest",
    body: UpdatePipelineInput.omit({ id: true }),
    response: Pipeline,
    errors: ["PIPELINE_NOT_FOUND", "PIPELINE_NAME_TAKEN", "SOURCE_UNKNOWN", "SCHEDULE_INVALID"],
  }),
  restRoute({
    method: "DELETE",
    url: "/api/pipelines/:id",
    procedure: "pipelines.delete",
    status: 200,
    tag: "Pipelines",
    summary: "Delete a pipeline and its runs",
    response: Message,
    respond: () => ({ message: "Pipeline deleted successfully" }),
    errors: ["PIPELINE_NOT_FOUND"],
  }),
  restRoute({
    method: "GET",
    url: "/api/pipelines/:id/history",
    procedure: "pipelines.history",
    status: 200,
    tag: "Pipelines",
    summary: "List what was done to a pipeline and its runs, newest first",
    query: PipelineHistoryInput.omit({ id: true }),
    response: z.array(AuditEvent),
    respond: (page, http) => pageItems({ ...page, items: page.items.map(inSnakeCase) }, http),
    errors: ["PIPELINE_NOT_FOUND"],
  }),
  restRoute({
    method: "POST",
    url: "/api/pipelines/:id/trigger",
    procedure: "pipelines.trigger",
    status: 202,
    tag: "Pipelines",
    summary: "Start a run",
    response: z.strictObject({ message: z.string(), runId: Id, status: RunStatus }),
    respond: (started) => ({ message: "Pipeline triggered successfully", ...started }),
    errors: ["PIPELINE_NOT_FOUND", "PIPELINE_INCOMPLETE", "UNSUPPORTED", "RUN_ACTIVE"],
  }),
  restRoute({
    method: "POST",
    url: "/api/pipelines/:id/backfill",
    procedure: "pipelines.backfill",
    status: 202,
    tag: "Pipelines",
    summary: "Start a run that reads a window of the cursor once more, or all of it",
    body: BackfillPipelineInput.omit({ id: true }),
    unknownFields: "refused",
    response: z.strictObject({ message: z.string(), runId: Id, status: RunStatus }),
    respond: (started) => ({ message: "Backfill started", ...started }),
    errors: ["PIPELINE_NOT_FOUND", "PIPELINE_INCOMPLETE", "UNSUPPORTED", "RUN_ACTIVE"],
  }),
  restRoute({
    method: "GET",
    url: "/api/pipelines/:id/plan",
    procedure: "pipelines.plan",
    status: 200,
    tag: "Pipelines",
    summary: "Plan a run without starting it: columns, statements, or why it would be refused",
    response: PipelinePlan,
    errors: ["PIPELINE_NOT_FOUND", "PIPELINE_INCOMPLETE"],
  }),
];
