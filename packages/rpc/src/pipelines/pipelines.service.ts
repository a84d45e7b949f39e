import { isDeepStrictEqual } from "node:util";
import { LockMode } from "@mikro-orm/core";
import { CONSTRAINTS, DataSource, Pipeline, PipelineRun, RunLogLine, violatedConstraint } from "@millrace/db";
import {
  AppError,
  assertSchedule,
  type CreatePipelineInput,
  type DeletionPreview,
  newId,
  nextFire,
  RECENT_RUNS,
  type UpdatePipelineInput,
} from "@millrace/shared";
import { type AuditRecord, changedFields } from "../audit/audit-trail.ts";
import type { Clock } from "../clock.ts";
import type { Scope } from "../context.ts";
import { setMapping } from "./pipelines.mapping.ts";
import { forgetSchema, tablesOf } from "./pipeline-tables.ts";
import { settingsOf } from "./pipeline-settings.ts";

export async function findPipeline({ em }: Pick<Scope, "em">, id: string, lock?: LockMode): Promise<Pipeline> {
  const pipeline = await em.findOne(Pipeline, { id }, lock === undefined ? {} : { lockMode: lock });
  if (!pipeline) throw new AppError("PIPELINE_NOT_FOUND");
  return pipeline;
}

/** The pipeline with its last ten runs, newest first. */
export async function getPipeline(scope: Scope, id: string): Promise<{ pipeline: Pipeline; runs: PipelineRun[] }> {
  const pipeline = await findPipeline(scope, id);
  await scope.em.populate(pipeline, ["schemaState"]);
  const runs = await scope.em.find(PipelineRun, { pipeline: id }, { orderBy: { id: "desc" }, limit: RECENT_RUNS });
  return { pipeline, runs };
}

/** Throws `PIPELINE_NAME_TAKEN`, `SOURCE_UNKNOWN`, `SCHEDULE_INVALID`, `FORBIDDEN` as `setMapping` does. */
export async function createPipeline(scope: Scope, input: CreatePipelineInput): Promise<Pipeline> {
  const { em, actor, clock, audit } = scope;
  const { mapping, maskKey, ...fields } = input;
  if (input.schedule !== null) assertSchedule(input.schedule, input.timezone);
  return refusals(() =>
    em.transactional(async (tx) => {
      await assertEnds({ em: tx }, input);
      const pipeline = tx.create(Pipeline, {
        ...fields,
        id: newId(),
        organizationId: actor.organizationId,
        createdBy: actor.userId,
        isEnabled: input.status === "active",
        mapping: {},
      });
      pipeline.nextRunAt = nextRunOf(pipeline, clock);
      setMapping(scope, pipeline, { mapping, maskKey });
      await tx.flush();
      audit.record({ ...aboutPipeline(pipeline), changes: changedFields(null, settingsOf(pipeline)) });
      return pipeline;
    }),
  );
}

/**
 * Changes what is named and keeps the rest; the row is locked, so two updates at once both take effect. `status` switches
 * the schedule on and off; a pipeline under a run stays `running` until its run ends. Throws as `createPipeline` does.
 */
export async function updatePipeline(scope: Scope, input: UpdatePipelineInput): Promise<Pipeline> {
  const { em, clock, audit } = scope;
  return refusals(() =>
    em.transactional(async (tx) => {
      const { id, status, mapping, maskKey, ...changes } = input;
      const pipeline = await findPipeline({ em: tx }, id, LockMode.PESSIMISTIC_WRITE);
      await assertEnds({ em: tx }, changes);
      const before = { schedule: pipeline.schedule, timezone: pipeline.timezone, isEnabled: pipeline.isEnabled };
      const settingsBefore = settingsOf(pipeline);
      const tablesBefore = tablesOf(pipeline);
      tx.assign(pipeline, defined(changes));
      if (pipeline.schedule && (changes.schedule !== undefined || changes.timezone !== undefined)) {
        assertSchedule(pipeline.schedule, pipeline.timezone);
      }
      setMapping(scope, pipeline, { mapping, maskKey });
      if (!isDeepStrictEqual(tablesBefore, tablesOf(pipeline))) forgetSchema(pipeline);
      if (status !== undefined) {
        pipeline.isEnabled = status === "active";
        if (pipeline.status !== "running") pipeline.status = status;
      }
      const isRescheduled =
        pipeline.schedule !== before.schedule ||
        pipeline.timezone !== before.timezone ||
        pipeline.isEnabled !== before.isEnabled;
      // A schedule that stays as it was keeps its due fire, or saving a form at the right second would skip it.
      if (isRescheduled) pipeline.nextRunAt = nextRunOf(pipeline, clock);
      await tx.flush();
      const keyChange = maskKey === undefined ? [] : [{ field: "maskKey", values: null }];
      const changed = [...changedFields(settingsBefore, settingsOf(pipeline)), ...keyChange];
      audit.record({ ...aboutPipeline(pipeline), changes: changed });
      return pipeline;
    }),
  );
}

/** Throws `PIPELINE_NOT_FOUND`. */
export async function previewDeletion(scope: Scope, id: string): Promise<DeletionPreview> {
  await findPipeline(scope, id);
  const [runCount, lineCount] = await Promise.all([
    scope.em.count(PipelineRun, { pipeline: id }),
    scope.em.count(RunLogLine, { run: { pipeline: id } }),
  ]);
  return { runCount, lineCount };
}

/** Its runs and all that hangs on them go with it; what was written down of its changes stays, with its name. */
export async function deletePipeline({ em, audit }: Scope, id: string): Promise<void> {
  const pipeline = await findPipeline({ em }, id);
  if ((await em.nativeDelete(Pipeline, { id })) === 0) throw new AppError("PIPELINE_NOT_FOUND");
  audit.record(aboutPipeline(pipeline));
}

/** How an audit event names a pipeline. */
export const aboutPipeline = ({ id, name }: Pipeline): AuditRecord => ({
  subjectType: "pipeline",
  subjectId: id,
  subjectName: name,
  pipelineId: id,
});

const nextRunOf = (pipeline: Pick<Pipeline, "isEnabled" | "schedule" | "timezone">, clock: Clock): Date | null =>
  pipeline.isEnabled && pipeline.schedule ? nextFire(pipeline.schedule, pipeline.timezone, clock.now()) : null;

type Ends = Pick<UpdatePipelineInput, "sourceId" | "destinationId">;

async function assertEnds({ em }: Pick<Scope, "em">, { sourceId, destinationId }: Ends): Promise<void> {
  for (const [side, id] of [
    ["source", sourceId],
    ["destination", destinationId],
  ] as const) {
    if (id && (await em.count(DataSource, { id })) === 0) throw new AppError("SOURCE_UNKNOWN", { params: { side } });
  }
}

/** What the database refused because somebody else was faster, in the words of the check that came too early. */
async function refusals<Result>(write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    const constraint = violatedConstraint(error);
    if (constraint === CONSTRAINTS.pipelineName) throw new AppError("PIPELINE_NAME_TAKEN", { cause: error });
    const side = constraint === null ? undefined : SIDES.get(constraint);
    throw side === undefined ? error : new AppError("SOURCE_UNKNOWN", { params: { side }, cause: error });
  }
}

const SIDES: ReadonlyMap<string, string> = new Map([
  [CONSTRAINTS.pipelineSource, "source"],
  [CONSTRAINTS.pipelineDestination, "destination"],
]);

type Defined<Fields> = { [Key in keyof Fields]: Exclude<Fields[Key], undefined> };

/** Without the keys that were left out, which `assign` would otherwise take for values. */
const defined = <Fields extends object>(fields: Fields): Defined<Fields> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<Fields>;
