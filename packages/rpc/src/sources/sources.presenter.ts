import type { DataSource as DataSourceEntity, Pipeline } from "@millrace/db";
import type { DataSource, DataSourceDetail, DataSourceListItem, PipelineUse } from "@millrace/shared";
import type { PipelineCounts } from "./sources.listing.ts";

/** The password has no way out: only whether there is one. */
const presentSource = (source: DataSourceEntity): DataSource => ({
  id: source.id,
  name: source.name,
  connectionType: source.connectionType,
  host: source.host ?? null,
  port: source.port ?? null,
  database: source.database ?? null,
  username: source.username ?? null,
  hasPassword: Boolean(source.secret),
  options: source.options,
  organizationId: source.organizationId,
  createdBy: source.createdBy,
  createdAt: source.createdAt.toISOString(),
  updatedAt: source.updatedAt.toISOString(),
});

export const presentListedSource = (source: DataSourceEntity, counts: PipelineCounts): DataSourceListItem => ({
  ...presentSource(source),
  pipelineCount: counts.get(source.id) ?? 0,
});

export const presentSourceDetail = (found: {
  readonly source: DataSourceEntity;
  readonly pipelines: readonly Pipeline[];
  readonly count: number;
}): DataSourceDetail => ({
  ...presentSource(found.source),
  pipelineCount: found.count,
  pipelines: found.pipelines.map((pipeline) => presentUse(pipeline, found.source.id)),
});

function presentUse(pipeline: Pipeline, sourceId: string): PipelineUse {
  const isSource = pipeline.sourceId === sourceId;
  const isDestination = pipeline.destinationId === sourceId;
  return {
    id: pipeline.id,
    name: pipeline.name,
    status: pipeline.status,
    isSource,
    isDestination,
    sourceTable: isSource ? (pipeline.sourceTable ?? null) : null,
    destinationTable: isDestination ? (pipeline.destinationTable ?? null) : null,
  };
}
