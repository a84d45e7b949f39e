import { isRunActive, type Run, type RunStage, type RunStageTime } from "@millrace/shared";

const STAGES: readonly RunStage[] = ["plan", "copy", "verify", "publish"];

/** The stages that a run has: one that verifies copies and publishes nothing, and one that undoes copies nothing. */
function stagesOf({ trigger, status, proof }: Run): readonly RunStage[] {
  if (trigger === "verify") return ["plan", "verify"];
  // Replays of old compared nothing.
  if (trigger === "replay" && status === "success" && proof === null) return ["plan", "copy", "publish"];
  return trigger === "undo" ? ["plan", "verify", "publish"] : STAGES;
}

export type StageState = "done" | "current" | "stopped" | "skipped" | "ahead";

export interface StageStanding {
  readonly stage: RunStage;
  readonly state: StageState;
  /** Nothing for a stage that was not reached, and for runs of old that were not timed. */
  readonly time: RunStageTime | undefined;
}

/** How each stage of a run stands, in their order. */
export function stageStates(run: Run): readonly StageStanding[] {
  return stagesOf(run).map((stage) => ({
    stage,
    state: stateOf(stage, run),
    time: run.stages.find((time) => time.stage === stage),
  }));
}

/** How long a stage took, or has taken. One that its worker never ended was over with the run at the latest. */
export function stageMs({ startedAt, endedAt }: RunStageTime, run: Run, nowMs: number): number {
  const end = endedAt ?? run.endTime;
  return Math.max(0, (end === null ? nowMs : Date.parse(end)) - Date.parse(startedAt));
}

function stateOf(stage: RunStage, run: Run): StageState {
  const { proof } = run;
  if (run.status === "success") {
    return stage === "verify" && proof?.isVerified === null && proof.verification !== "count" ? "skipped" : "done";
  }
  const reached = run.progress ? STAGES.indexOf(run.progress.stage) : -1;
  const place = STAGES.indexOf(stage);
  if (place < reached) return "done";
  if (place > reached) return "ahead";
  return isRunActive(run.status) ? "current" : "stopped";
}

/** How long a run has taken so far, or took: null before its start. */
export function elapsedMs(run: Run, nowMs: number): number | null {
  if (run.startTime === null) return null;
  const end = run.endTime === null ? nowMs : Date.parse(run.endTime);
  return Math.max(0, end - Date.parse(run.startTime));
}

/** What is left of the copy at its present rate; null outside the copy and where the catalog has no estimate. */
export function remainingMs(run: Run): number | null {
  const { progress } = run;
  if (!isRunActive(run.status) || progress?.stage !== "copy") return null;
  if (progress.totalRows === null || progress.rowsPerSecond <= 0) return null;
  const left = progress.totalRows - progress.rows;
  return left > 0 ? (left / progress.rowsPerSecond) * 1000 : null;
}

/** How much of the copy is done, 0 to 1. An estimate that turned out too low never shows more than 0.99. Null without one. */
export function copiedShare(run: Run): number | null {
  const { progress } = run;
  // Nobody knows beforehand how often the keys have to be looked at.
  if (run.trigger === "verify") return null;
  if (run.status === "success") return 1;
  if (!progress || progress.totalRows === null || progress.totalRows <= 0) return null;
  if (progress.stage === "plan") return 0;
  if (progress.stage !== "copy") return 1;
  return Math.min(0.99, progress.rows / progress.totalRows);
}

/** Rows a second: live while the run goes, over the whole run once it has ended. Null where nothing was measured. */
export function rateOf(run: Run): number | null {
  if (isRunActive(run.status)) return run.progress?.rowsPerSecond ?? null;
  if (run.progress && run.progress.rowsPerSecond > 0) return run.progress.rowsPerSecond;
  const durationMs = run.proof?.durationMs ?? 0;
  return durationMs > 0 ? (run.recordsProcessed / durationMs) * 1000 : null;
}
