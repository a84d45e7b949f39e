import { isComparison, type Run } from "@millrace/shared";
import { elapsedMs } from "./run-figures.ts";

/** One run of many, oldest first, as a chart of them shows it. */
export interface HistoryFigure {
  readonly id: string;
  readonly at: string;
  readonly status: Run["status"];
  readonly rows: number;
  readonly durationMs: number | null;
}

/** The runs that have ended, oldest first, without those that compare or mend what stands: they are no loads. `runs` come newest first. */
export const historyFigures = (runs: readonly Run[]): HistoryFigure[] =>
  runs
    .filter(({ endTime, trigger }) => endTime !== null && !isComparison(trigger))
    .map((run) => ({
      id: run.id,
      at: run.startTime ?? run.createdAt,
      status: run.status,
      rows: run.recordsProcessed,
      durationMs: elapsedMs(run, 0),
    }))
    .toReversed();
