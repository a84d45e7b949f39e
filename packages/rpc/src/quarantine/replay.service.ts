import { LockMode } from "@mikro-orm/core";
import { openRowValues, Pipeline, PipelineRun, QuarantinedRow, sealRowValues } from "@millrace/db";
import {
  AppError,
  COMPARISON_TRIGGERS,
  type DiscardQuarantineInput,
  hasKey,
  PipelinePolicies,
  REPLAY_REASONS,
  type ReplayQuarantineInput,
  type ReplayReason,
} from "@millrace/shared";
import { AuditTrail } from "../audit/audit-trail.ts";
import type { Scope } from "../context.ts";
import { aboutPipeline } from "../pipelines/pipelines.service.ts";
import { startRun } from "../runs/start-run.ts";
import { conditionsOf } from "./quarantine-filters.ts";

/** What speaks against replaying rows of the run, as far as the platform knows; the destination looks once more. */
export async function replayReasonOf({ em }: Pick<Scope, "em">, run: PipelineRun): Promise<ReplayReason | null> {
  if (run.status !== "success") return "not_succeeded";
  const pipeline = run.pipeline.getEntity();
  const { incremental } = PipelinePolicies.parse(pipeline.policies);
  const isOutdatedByLaterRun = pipeline.writeMode === "replace" || (hasKey(pipeline.writeMode) && incremental === null);
  if (isOutdatedByLaterRun) {
    const later = {
      pipeline: pipeline.id,
      status: "success" as const,
      trigger: { $nin: [...COMPARISON_TRIGGERS] },
      id: { $gt: run.id },
    };
    if ((await em.count(PipelineRun, later)) > 0) return "later_run";
  }
  const row = await em.findOne(QuarantinedRow, { run: run.id }, { fields: ["tableName"] });
  return row !== null && row.tableName !== pipeline.destinationTable ? "target_changed" : null;
}

/**
 * A run of the pipeline that brings rows to their destination which this one has set aside, each once. Throws `RUN_NOT_FOUND`,
 * `REPLAY_UNAVAILABLE`, `QUARANTINED_ROW_SETTLED` where one that was named is not held, `VALIDATION_FAILED` for a column that
 * the row has not, and what `startRun` throws.
 */
export async function replayRows(
  scope: Scope,
  input: ReplayQuarantineInput,
): Promise<{ readonly run: PipelineRun; readonly count: number }> {
  if (input.values !== undefined && input.ids?.length !== 1) {
    throw new AppError("VALIDATION_FAILED", { params: { issue: "values: belong to one row, name it in ids" } });
  }
  const { run, pipeline } = await lockRun(scope, input.runId);
  const reason = await replayReasonOf(scope, run);
  if (reason !== null) throw unavailable(reason);
  const replay = await startReplay(scope, pipeline, run.id);
  if (input.values !== undefined) await editRow(scope, input, input.values);
  const count = await scope.em.nativeUpdate(
    QuarantinedRow,
    { ...heldBy(scope, input), hasValues: true },
    { replayRunId: replay.id },
  );
  if (input.ids !== undefined && count !== new Set(input.ids).size) throw new AppError("QUARANTINED_ROW_SETTLED");
  if (count === 0) throw unavailable("nothing_held");
  scope.audit.record({
    ...aboutPipeline(pipeline),
    changes: [
      { field: "run", values: { before: null, after: replay.id } },
      { field: "replays", values: { before: null, after: run.id } },
      { field: "rows", values: { before: null, after: count } },
      ...Object.keys(input.values ?? {}).map((name) => ({ field: `values.${name}`, values: null })),
    ],
  });
  return { run: replay, count };
}

/** The rows that a replay was to bring and that are still held. Throws as `replayRows` does. */
export async function replayAgain(scope: Scope, replayId: string, runId: string): Promise<PipelineRun> {
  const { em } = scope;
  const { run, pipeline } = await lockRun(scope, runId);
  const reason = await replayReasonOf(scope, run);
  if (reason !== null) throw unavailable(reason);
  const replay = await startRun(scope, pipeline.id, "replay", { replays: runId });
  const held = { run: runId, state: "held" as const, replayRunId: replayId, hasValues: true };
  if ((await em.nativeUpdate(QuarantinedRow, held, { replayRunId: replay.id })) === 0)
    throw unavailable("nothing_held");
  return replay;
}

/**
 * Held rows that nobody will bring any more. Resolves to how many. Throws `RUN_NOT_FOUND`, `QUARANTINED_ROW_SETTLED` where one
 * that was named is not held, or a replay has it in hand.
 */
export async function discardRows(scope: Scope, input: DiscardQuarantineInput): Promise<number> {
  const { em, actor, clock, audit } = scope;
  const { run, pipeline } = await lockRun(scope, input.runId);
  const active = await em.findOne(PipelineRun, { replays: run.id, status: ["pending", "running"] }, { fields: ["id"] });
  const count = await em.nativeUpdate(
    QuarantinedRow,
    {
      ...heldBy(scope, input),
      ...(active === null ? {} : { $or: [{ replayRunId: null }, { replayRunId: { $ne: active.id } }] }),
    },
    { state: "discarded", settledAt: clock.now(), settledByName: (actor.name || actor.email).slice(0, 255) },
  );
  if (input.ids !== undefined && count !== new Set(input.ids).size) throw new AppError("QUARANTINED_ROW_SETTLED");
  audit.record({
    ...aboutPipeline(pipeline),
    changes: [{ field: "rows", values: { before: null, after: count } }],
  });
  return count;
}

/** One event tells of the run and of the rows that it brings. */
const startReplay = (scope: Scope, { id }: Pipeline, replays: string) =>
  startRun({ ...scope, audit: new AuditTrail() }, id, "replay", { replays });

const heldBy = (scope: Scope, { runId, ids, code, column, search }: DiscardQuarantineInput) => ({
  run: runId,
  ...conditionsOf(scope, { state: "held", code, column, search }),
  ...(ids === undefined ? {} : { id: ids }),
});

/** What is put in the place of a row's values is kept as they are; the original stays beside it. */
async function editRow(
  { em, platform }: Scope,
  { runId, ids }: ReplayQuarantineInput,
  changes: Readonly<Record<string, string | null>>,
): Promise<void> {
  const [id] = ids ?? [];
  const row = await em.findOne(
    QuarantinedRow,
    { id: id ?? null, run: runId, state: "held", hasValues: true },
    { populate: ["sealedValues", "sealedEdit"] },
  );
  if (row?.sealedValues == null) throw new AppError("QUARANTINED_ROW_SETTLED");
  const original = openRowValues(platform.secrets, row, row.sealedValues, "sealed_values");
  const unknown = Object.keys(changes).find((name) => !Object.hasOwn(original, name));
  if (unknown !== undefined) {
    const issue = `values.${unknown.slice(0, 100)}: the row has no such column`;
    throw new AppError("VALIDATION_FAILED", { params: { issue } });
  }
  const before =
    row.sealedEdit == null ? original : openRowValues(platform.secrets, row, row.sealedEdit, "sealed_edit");
  const after = Object.fromEntries(
    Object.entries(original).map(([name, value]) => {
      const kept = Object.hasOwn(before, name) ? (before[name] ?? null) : value;
      return [name, Object.hasOwn(changes, name) ? (changes[name] ?? null) : kept];
    }),
  );
  await em.nativeUpdate(
    QuarantinedRow,
    { id: row.id },
    { isEdited: true, sealedEdit: sealRowValues(platform.secrets, after, row, "sealed_edit") },
  );
}

/** Whoever decides over rows of a pipeline follows one another: a row is either replayed or discarded. */
async function lockRun({ em }: Scope, id: string): Promise<{ readonly run: PipelineRun; readonly pipeline: Pipeline }> {
  const run = await em.findOne(PipelineRun, { id }, { populate: ["pipeline"] });
  if (!run) throw new AppError("RUN_NOT_FOUND");
  const lockMode = LockMode.PESSIMISTIC_WRITE;
  const pipeline = await em.findOne(Pipeline, { id: run.pipeline.id }, { lockMode });
  if (!pipeline) throw new AppError("RUN_NOT_FOUND");
  return { run, pipeline };
}

const unavailable = (reason: ReplayReason) =>
  new AppError("REPLAY_UNAVAILABLE", { params: { reason: REPLAY_REASONS[reason] } });
