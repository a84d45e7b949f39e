import {
  type ClaimedRun,
  comparedAs,
  DataSource,
  openMaskKey,
  Pipeline,
  PipelineRun,
  readMapping,
  type SecretBox,
  type Store,
} from "@millrace/db";
import { AppError, parseTableName, PipelineLimits, PipelinePolicies, SchemaState } from "@millrace/shared";
import { connectionConfig } from "@millrace/connectors";
import type { JobEnd, RunJobSpec } from "../process/messages.ts";
import { comparisonTask } from "./comparison.ts";

export interface JobSettings {
  readonly store: Store;
  readonly secretBox: SecretBox;
  readonly allowPrivateNetworks: boolean;
  readonly failpoints?: string | undefined;
}

/** What a run's process is told, but for the try that it is at; and what the worker keeps beside what was compared. */
export interface LoadedJob extends Omit<RunJobSpec, "isLastTry"> {
  readonly comparedAs: string;
}

/**
 * What a run's process needs to know, read from the pipeline as it stands now. Throws `PIPELINE_INCOMPLETE` when it was
 * changed since the trigger, `VERIFICATION_OUTDATED`, `SECRET_UNREADABLE` and `MASK_KEY_UNREADABLE`.
 */
export async function loadRunJob(settings: JobSettings, run: ClaimedRun): Promise<LoadedJob> {
  const { store, allowPrivateNetworks } = settings;
  const em = store.forOrganization(run.organizationId);
  const pipeline = await em.findOneOrFail(Pipeline, { id: run.pipelineId }, { populate: ["schemaState"] });
  const asked = await em.findOneOrFail(
    PipelineRun,
    { id: run.runId },
    { fields: ["backfill", "undoes", "replays", "trigger", "repair"] },
  );
  const { backfill = null, undoes, replays } = asked;
  const { sourceId, sourceTable, destinationId, destinationTable } = pipeline;
  if (!sourceId || !sourceTable || !destinationId || !destinationTable) {
    throw new AppError("PIPELINE_INCOMPLETE", { params: { missing: "source or destination is" } });
  }
  const dataSources = await em.find(DataSource, { id: [sourceId, destinationId] });
  const endOf = (id: string, table: string): JobEnd => {
    const dataSource = dataSources.find((candidate) => candidate.id === id);
    if (!dataSource) throw new AppError("DATA_SOURCE_NOT_FOUND");
    return {
      type: dataSource.connectionType,
      config: connectionConfig(dataSource, openPassword(settings.secretBox, dataSource)),
      table: parseTableName(table),
    };
  };
  return {
    source: endOf(sourceId, sourceTable),
    destination: endOf(destinationId, destinationTable),
    writeMode: pipeline.writeMode,
    policies: PipelinePolicies.parse(pipeline.policies),
    mapping: { mapping: readMapping(pipeline), maskKey: openMaskKey(pipeline, settings.secretBox) },
    backfill,
    schema: schemaBasis(pipeline),
    failpoints: settings.failpoints,
    limits: PipelineLimits.parse(pipeline.limits),
    identity: { pipelineId: run.pipelineId, runId: run.runId, fence: run.fence },
    undoes: undoes ?? null,
    comparison: await comparisonTask(em, settings.secretBox, pipeline, asked),
    comparedAs: comparedAs(pipeline),
    replays: replays ?? null,
    allowPrivateNetworks,
    refuse: [await store.identity()],
  };
}

function schemaBasis({ schemaState }: Pipeline): RunJobSpec["schema"] {
  const { edition, agreed, accepted } = SchemaState.parse(schemaState);
  return { edition, agreed, accepted };
}

function openPassword(secretBox: SecretBox, dataSource: DataSource): string | null {
  if (dataSource.secret == null) return null;
  const { organizationId, id } = dataSource;
  return secretBox.open(dataSource.secret, { organizationId, table: "data_sources", column: "secret", rowId: id });
}
