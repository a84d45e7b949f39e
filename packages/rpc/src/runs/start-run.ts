import { CONSTRAINTS, type Pipeline, PipelineRun, violatedConstraint } from "@millrace/db";
import {
  AppError,
  type BackfillWindow,
  newId,
  PipelinePolicies,
  type RepairTask,
  type RunTrigger,
} from "@millrace/shared";
import type { Scope } from "../context.ts";
import { aboutPipeline, findPipeline } from "../pipelines/pipelines.service.ts";

/** What a pipeline needs before it can run, in the order of the form. */
const REQUIRED = [
  ["sourceId", "source"],
  ["sourceTable", "source table"],
  ["destinationId", "destination"],
  ["destinationTable", "destination table"],
] as const satisfies readonly (readonly [keyof Pipeline, string])[];

const SEPARATOR = ", ";
/** The width of the column. */
const MAX_NAME_LENGTH = 255;

/** What a run does other than to load the pipeline as it stands. */
interface RunTask {
  readonly backfill?: BackfillWindow | null;
  /** The run that is undone. */
  readonly undoes?: string | null;
  readonly repair?: RepairTask | null;
  /** The run whose quarantined rows are replayed. */
  readonly replays?: string | null;
}

/**
 * A run of the pipeline and its job in the queue, in one transaction. Of any number of calls at once exactly one succeeds.
 * Throws `PIPELINE_INCOMPLETE`, `UNSUPPORTED` for a realtime pipeline and for a backfill of one without a cursor, `RUN_ACTIVE`.
 */
export async function startRun(
  { em, actor, platform, audit }: Scope,
  pipelineId: string,
  trigger: RunTrigger,
  { backfill = null, undoes = null, repair = null, replays = null }: RunTask = {},
): Promise<PipelineRun> {
  try {
    return await em.transactional(async (tx) => {
      const pipeline = await findPipeline({ em: tx }, pipelineId);
      assertRunnable(pipeline);
      if (backfill) assertIncremental(pipeline);
      const run = tx.create(PipelineRun, {
        id: newId(),
        organizationId: actor.organizationId,
        pipeline,
        trigger,
        backfill,
        undoes,
        repair,
        replays,
        triggeredBy: actor.userId,
        triggeredByName: nameOf(actor),
      });
      await tx.flush();
      await platform.store.queue.enqueue(tx, { runId: run.id, organizationId: actor.organizationId });
      audit.record({
        ...aboutPipeline(pipeline),
        changes: [{ field: "run", values: { before: null, after: run.id } }],
      });
      return run;
    });
  } catch (error) {
    if (violatedConstraint(error) === CONSTRAINTS.activeRun) throw new AppError("RUN_ACTIVE", { cause: error });
    throw error;
  }
}

/** `Ada Miller`, or `Ada Miller (token ci)`. */
const nameOf = ({ name, email, tokenName }: Scope["actor"]): string => {
  const person = name || email;
  return (tokenName === undefined ? person : `${person} (token ${tokenName})`).slice(0, MAX_NAME_LENGTH);
};

/** What a run counts as started by, when its caller asks for it. */
export function triggerOf({ door, actor }: Pick<Scope, "door" | "actor">): RunTrigger {
  if (door === "sample") return "sample";
  return door === "rest" || actor.via === "token" ? "api" : "manual";
}

/** Throws `PIPELINE_INCOMPLETE`. */
export function assertComplete(pipeline: Pipeline): asserts pipeline is CompletePipeline {
  const missing = REQUIRED.filter(([field]) => !pipeline[field]).map(([, name]) => name);
  if (missing.length > 0) throw new AppError("PIPELINE_INCOMPLETE", { params: { missing: missing.join(SEPARATOR) } });
}

export type CompletePipeline = Pipeline & Record<(typeof REQUIRED)[number][0], string>;

function assertRunnable(pipeline: Pipeline): void {
  assertComplete(pipeline);
  if (pipeline.mode === "realtime") {
    throw new AppError("UNSUPPORTED", {
      params: {
        what: "A run of mode realtime: capturing changes from the source",
        instead: "Set the mode of the pipeline to batch, and a schedule as short as every minute.",
      },
    });
  }
}

function assertIncremental(pipeline: Pipeline): void {
  if (PipelinePolicies.parse(pipeline.policies).incremental !== null) return;
  throw new AppError("UNSUPPORTED", {
    params: {
      what: "A backfill of a pipeline without a cursor",
      instead: "Each of its runs reads all rows: start one.",
    },
  });
}

/** One sentence for each missing field of a `PIPELINE_INCOMPLETE`; empty for any other error. */
export function missingFieldSentences(error: AppError): string[] {
  const missing = error.code === "PIPELINE_INCOMPLETE" ? String(error.params["missing"] ?? "") : "";
  return missing === "" ? [] : missing.split(SEPARATOR).map((name) => `The ${name} is not set`);
}
