import type { PipelineRun, RunLogLine } from "@millrace/db";
import type { LogLine, Run, RunDetail, RunListItem } from "@millrace/shared";
import type { RunFacts } from "./runs.service.ts";

/** A run as a list reads it: its log only where it was asked for. */
type ListedRun = Omit<PipelineRun, "log" | symbol> & { readonly log?: string };

export const presentRun = (run: ListedRun): Run => ({
  id: run.id,
  pipelineId: run.pipeline.id,
  status: run.status,
  trigger: run.trigger,
  triggeredBy: run.triggeredBy ?? null,
  triggeredByName: run.triggeredByName ?? null,
  dueAt: run.dueAt?.toISOString() ?? null,
  undoes: run.undoes ?? null,
  isBackfill: run.backfill != null,
  replays: run.replays ?? null,
  attempt: run.attempt,
  startTime: run.startTime?.toISOString() ?? null,
  endTime: run.endTime?.toISOString() ?? null,
  recordsProcessed: run.recordsProcessed,
  recordsFailed: run.recordsFailed,
  log: run.log ?? "",
  errorMessage: run.errorMessage ?? null,
  failure: run.failure ?? null,
  progress: run.progress ?? null,
  stages: run.stages ?? [],
  proof: run.proof ?? null,
  createdAt: run.createdAt.toISOString(),
});

/** The run with its pipeline, which must have been read along. */
export const presentListedRun = (run: ListedRun): RunListItem => ({
  ...presentRun(run),
  pipelineName: run.pipeline.getEntity().name,
});

export const presentRunDetail = ({ run, ...facts }: RunFacts): RunDetail => ({
  ...presentListedRun(run),
  ...facts,
  samples: run.samples ?? null,
  schema: run.schema ?? null,
});

export const presentLogLine = (line: RunLogLine): LogLine => ({
  seq: line.seq,
  at: line.at.toISOString(),
  level: line.level,
  message: line.message,
});
