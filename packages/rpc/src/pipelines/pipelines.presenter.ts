import { hasMaskKey, type Pipeline as PipelineEntity, readMapping } from "@millrace/db";
import {
  type ListedPipeline as ListedShape,
  type Pipeline,
  PipelineLimits,
  PipelinePolicies,
  type PipelineSummary,
  SchemaState,
  type WaitingSchema,
} from "@millrace/shared";
import type { ListedPipeline } from "./pipelines.listing.ts";

export const presentPipeline = (pipeline: PipelineEntity): Pipeline => ({
  ...presentWithoutMapping(pipeline),
  mapping: readMapping(pipeline),
});

/** Of a pipeline whose schema was read along. */
export function presentWaitingSchema({ schemaState }: PipelineEntity): WaitingSchema | null {
  const { waiting } = SchemaState.parse(schemaState);
  if (waiting === null) return null;
  const { source: _source, ...shown } = waiting;
  return shown;
}

const presentWithoutMapping = (pipeline: PipelineEntity): ListedShape => ({
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
  policies: PipelinePolicies.parse(pipeline.policies),
  limits: PipelineLimits.parse(pipeline.limits),
  hasMaskKey: hasMaskKey(pipeline),
  createdBy: pipeline.createdBy,
  organizationId: pipeline.organizationId,
  createdAt: pipeline.createdAt.toISOString(),
  updatedAt: pipeline.updatedAt.toISOString(),
  lastRunAt: pipeline.lastRunAt?.toISOString() ?? null,
  nextRunAt: pipeline.nextRunAt?.toISOString() ?? null,
});

export const presentListedPipeline = ({ pipeline, recentRuns, ...rest }: ListedPipeline): PipelineSummary => ({
  ...presentWithoutMapping(pipeline),
  ...rest,
  recentRuns: [...recentRuns],
});
