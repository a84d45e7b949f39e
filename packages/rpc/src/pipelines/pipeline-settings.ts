import type { Pipeline } from "@millrace/db";
import type { Pipeline as PipelineShape } from "@millrace/shared";
import { presentPipeline } from "./pipelines.presenter.ts";

/** What the server keeps of a pipeline by itself: nobody's settings. */
const BOOKKEEPING = new Set([
  "id",
  "status",
  "createdBy",
  "organizationId",
  "createdAt",
  "updatedAt",
  "lastRunAt",
  "nextRunAt",
]);

/** All that people can set of a pipeline, as it stands now. */
export const settingsOf = (pipeline: Pipeline): Record<string, PipelineShape[keyof PipelineShape]> =>
  Object.fromEntries(Object.entries(presentPipeline(pipeline)).filter(([name]) => !BOOKKEEPING.has(name)));
