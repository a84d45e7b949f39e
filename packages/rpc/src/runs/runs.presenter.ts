import type { PipelineRun, RunLogLine } from "@millrace/db";
import type { LogLine, Run } from "@millrace/shared";

export const presentRun = (run: PipelineRun): Run => ({
  id: run.id,
  pipelineId: run.pipeline.id,
  status: run.status,
  trigger: run.trigger,
  triggeredBy: run.triggeredBy ?? null,
  attempt: run.attempt,
  startTime: run.startTime?.toISOString() ?? null,
  endTime: run.endTime?.toISOString() ?? null,
  recordsProcessed: run.recordsProcessed,
  recordsFailed: run.recordsFailed,
  log: run.log,
  errorMessage: run.errorMessage ?? null,
  failure: run.failure ?? null,
  progress: run.progress ?? null,
  proof: run.proof ?? null,
  createdAt: run.createdAt.toISOString(),
});

export const presentLogLine = (line: RunLogLine): LogLine => ({
  seq: line.seq,
  at: line.at.toISOString(),
  level: line.level,
  message: line.message,
});
