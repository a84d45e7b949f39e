import { newId, type RunTrigger } from "@millrace/shared";
import { DataSource, Pipeline, PipelineRun } from "../entities/index.ts";
import type { Store } from "../store.ts";

export interface PipelineFixture {
  readonly organizationId: string;
  readonly pipelineId: string;
}

/** A pipeline between two data sources, in an organization of its own unless one is given. */
export async function createPipeline(
  store: Store,
  fields: Partial<Pick<Pipeline, "organizationId" | "schedule" | "isEnabled" | "nextRunAt" | "mode">> = {},
): Promise<PipelineFixture> {
  const organizationId = fields.organizationId ?? newId();
  const em = store.forOrganization(organizationId);
  const ends = ["source", "destination"].map((end) =>
    em.create(DataSource, {
      id: newId(),
      organizationId,
      name: `${end} ${newId()}`,
      connectionType: "postgresql",
      createdBy: "a test",
    }),
  );
  // Pipelines name their ends by id alone, so the ORM does not know which comes first.
  await em.flush();
  const pipeline = em.create(Pipeline, {
    id: newId(),
    name: `pipeline ${newId()}`,
    sourceId: ends[0]?.id ?? null,
    sourceTable: "public.orders",
    destinationId: ends[1]?.id ?? null,
    destinationTable: "public.orders",
    createdBy: "a test",
    ...fields,
    organizationId,
  });
  await em.flush();
  return { organizationId, pipelineId: pipeline.id };
}

/** A pending run with its job, as a trigger makes it; returns its id. */
export async function createRun(
  store: Store,
  { organizationId, pipelineId }: PipelineFixture,
  trigger: RunTrigger = "manual",
): Promise<string> {
  return store.forOrganization(organizationId).transactional(async (em) => {
    const run = em.create(PipelineRun, {
      id: newId(),
      organizationId,
      pipeline: em.getReference(Pipeline, pipelineId),
      trigger,
    });
    await em.flush();
    await store.queue.enqueue(em, { runId: run.id, organizationId });
    return run.id;
  });
}
