import type { Pipeline as PipelineEntity } from "@millrace/db";
import { type Pipeline, PipelinePolicies, type PipelineSummary } from "@millrace/shared";
import type { ListedPipeline } from "./pipelines.listing.ts";

export const presentPipeline = (pipeline: PipelineEntity): Pipeline => ({
  id: pipeline.id,
  name: pipeline.name,
  description: pipeline.description,
  sourceId: pipeline.sourceId ?? null,
  sourceTable: pipeline.sourceTable ?? null,
  destinationId: pipeline.destinationId ?? null,
  destinationTable: pipeline.destinationTable ?? null,
  mode: pipeline.mode,
  writeMode: pipeline.writeMode,
  schedule: pipeline.schedule ?? null,
  timezone: pipeline.timezone,
  status: pipeline.status,
  isEnabled: pipeline.isEnabled,
  verify: pipeline.verify,
  policies: PipelinePolicies.parse(pipeline.policies),
  createdBy: pipeline.createdBy,
  organizationId: pipeline.organizationId,
  createdAt: pipeline.createdAt.toISOString(),
  updatedAt: pipeline.updatedAt.toISOString(),
  lastRunAt: pipeline.lastRunAt?.toISOString() ?? null,
  nextRunAt: pipeline.nextRunAt?.toISOString() ?? null,
});

export const presentListedPipeline = ({ pipeline, recentRuns, ...rest }: ListedPipeline): PipelineSummary => ({
  ...presentPipeline(pipeline),
  ...rest,
  recentRuns: [...recentRuns],
});
