import type { RunProgress } from "@millrace/shared";
import { MultiBar, type SingleBar } from "cli-progress";
import type { CopyWatcher, TableResult } from "./copy-tables.ts";
import { formatBytes, formatCount, formatRate, visible, visibleTable } from "./figures.ts";
import type { TableTask } from "./table-selection.ts";

/** Progress for people. Everything goes to standard error, so that standard output holds the result alone. */
export interface ProgressDisplay extends CopyWatcher {
  /** Takes down what is drawn. Must come before anything else is printed. */
  stop(): void;
}

/** Bars on a terminal, plain lines elsewhere. */
export function progressDisplay(stream: NodeJS.WriteStream, tableCount: number): ProgressDisplay {
  return stream.isTTY ? barDisplay(stream, tableCount) : lineDisplay(stream);
}

/** Log files get a line of a table that is under way this often. */
const LINE_INTERVAL_MS = 5000;
const NAME_WIDTH = 32;

function lineDisplay(stream: NodeJS.WritableStream): ProgressDisplay {
  const toldAt = new Map<TableTask, number>();
  const tell = (task: TableTask, message: string) => stream.write(`${visibleTable(task.source)}: ${message}\n`);
  return {
    begin(task) {
      toldAt.set(task, performance.now());
      tell(task, "started");
    },
    progress(task, { stage, rows, bytes, rowsPerSecond }) {
      const now = performance.now();
      if (now - (toldAt.get(task) ?? 0) < LINE_INTERVAL_MS) return;
      toldAt.set(task, now);
      tell(task, `${stage}, ${formatCount(rows)} rows, ${formatBytes(bytes)}, ${formatCount(rowsPerSecond)} rows/s`);
    },
    warn: (task, message) => void tell(task, `warning: ${visible(message)}`),
    end(result) {
      toldAt.delete(result.task);
      tell(result.task, endMessage(result));
    },
    stop() {},
  };
}

function endMessage({ outcome, error }: TableResult): string {
  if (error) return error.code === "RUN_CANCELLED" ? "cancelled" : `failed [${error.code}]`;
  const { isVerified, verification, durationMs } = outcome.proof;
  const rate = formatRate(outcome.rowsRead, durationMs);
  return `${isVerified ? "verified" : verification === "count" ? "counts equal" : "loaded"}, ${formatCount(outcome.rowsWritten)} rows${rate && `, ${rate} rows/s`}`;
}

function barDisplay(stream: NodeJS.WriteStream, tableCount: number): ProgressDisplay {
  const multiBar = new MultiBar({
    stream,
    format: "{name} {bar} {rows} rows  {bytes}  {rate} rows/s  {stage}",
    barsize: 24,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    hideCursor: true,
    clearOnComplete: true,
    emptyOnZero: true,
    // Signals are the command's: it cancels at the servers first.
    gracefulExit: false,
  });
  const bars = new Map<TableTask, SingleBar>();
  const overall = tableCount > 1 ? multiBar.create(tableCount, 0, {}, { format: "{value} of {total} tables" }) : null;
  const payload = ({ rows, bytes, rowsPerSecond, stage }: RunProgress) => ({
    rows: formatCount(rows),
    bytes: formatBytes(bytes),
    rate: formatCount(rowsPerSecond),
    stage,
  });
  return {
    begin(task) {
      const name = visibleTable(task.source);
      const shown = name.length > NAME_WIDTH ? `${name.slice(0, NAME_WIDTH - 1)}…` : name.padEnd(NAME_WIDTH);
      const start = payload({ stage: "plan", rows: 0, bytes: 0, rowsPerSecond: 0, totalRows: null });
      bars.set(task, multiBar.create(1, 0, { name: shown, ...start }));
    },
    progress(task, progress) {
      const bar = bars.get(task);
      // An estimate may be too small by any amount, and the bar must not be full before the rows have ended.
      const isCopying = progress.stage === "copy";
      bar?.setTotal(Math.max(progress.totalRows ?? 0, isCopying ? progress.rows + 1 : progress.rows, 1));
      bar?.update(progress.rows, payload(progress));
    },
    warn: (task, message) => multiBar.log(`${visibleTable(task.source)}: warning: ${visible(message)}\n`),
    end({ task }) {
      const bar = bars.get(task);
      bars.delete(task);
      if (bar) multiBar.remove(bar);
      overall?.increment();
    },
    stop: () => multiBar.stop(),
  };
}
