import {
  CreatePipelineInput,
  Id,
  ListPipelinesInput,
  Pipeline,
  PipelineDetail,
  RunStatus,
  UpdatePipelineInput,
} from "@millrace/shared";
import { z } from "zod";
import { pageItems, restRoute } from "./rest-route.ts";

const Message = z.strictObject({ message: z.string() });

/** The contract that users' scripts rely on; `docs` and tests hold it. */
export const pipelineRoutes = [
  restRoute({
    method: "GET",
    url: "/api/pipelines",
    procedure: "pipelines.list",
    status: 200,
    tag: "Pipelines",
    summary: "List pipelines, newest first",
    query: ListPipelinesInput,
    response: z.array(Pipeline),
    respond: pageItems,
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
];
