import { executeRun, type QuarantineSink, type RunMapping, type RunOutcome } from "@millrace/engine";
import {
  AppError,
  type ErrorBudget,
  type PipelinePolicies,
  type RunProgress,
  toAppError,
  type Verification,
  type WriteMode,
} from "@millrace/shared";
import { type ConnectionPair, type Endpoint, openPair } from "./endpoint.ts";
import { JobShares } from "./job-shares.ts";
import type { TableTask } from "./table-selection.ts";

export type TableResult =
  | { readonly task: TableTask; readonly outcome: RunOutcome; readonly error: null }
  | {
      readonly task: TableTask;
      readonly outcome: null;
      readonly error: AppError;
      /** What differs, where it failed for that. */
      readonly found: Verification | null;
      /** What had been read when it failed; the destination is as it was. */
      readonly rowsRead: number;
      readonly bytes: number;
      readonly durationMs: number;
    };

/** Who watches. `progress` comes at most twice a second a table, between its `begin` and its `end`. */
export interface CopyWatcher {
  begin(task: TableTask): void;
  progress(task: TableTask, progress: RunProgress): void;
  warn(task: TableTask, message: string): void;
  end(result: TableResult): void;
}

export interface CopyRequest {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly tasks: readonly TableTask[];
  readonly jobs: number;
  readonly writeMode: WriteMode;
  readonly policies: PipelinePolicies;
  /** Of every table. */
  readonly mapping: RunMapping | undefined;
  readonly budget: ErrorBudget;
  /** Where rows go that are set aside. */
  readonly quarantine: ((task: TableTask) => QuarantineSink) | undefined;
  readonly signal: AbortSignal;
  readonly watcher: CopyWatcher;
}

/**
 * Copies every table, `jobs` tables or chunks of them at once, and resolves to one result a table in the order of the tasks; a table that fails does
 * not stop the others. After `signal` aborts, what is under way and what has not begun ends with `RUN_CANCELLED`. Takes over
 * `first`, the pair that is open already, and closes it.
 */
export async function copyTables(request: CopyRequest, first: ConnectionPair): Promise<TableResult[]> {
  const results: TableResult[] = Array.from({ length: request.tasks.length });
  const queue = request.tasks.entries();
  const shares = new JobShares(request.jobs, request.tasks.length);
  const work = async (opened: ConnectionPair | null) => {
    let pair = opened;
    try {
      for (const [index, task] of queue) {
        const parallelism = shares.take();
        const result = await copyTable(
          request,
          task,
          parallelism,
          async () => (pair ??= await openPair(request.from, request.to, request.signal)),
        );
        shares.giveBack(parallelism);
        results[index] = result;
        request.watcher.end(result);
        if (result.error) {
          // Whatever state the failure left the sessions in, the next table begins on fresh ones.
          await pair?.close();
          pair = null;
        }
      }
    } finally {
      await pair?.close();
    }
  };
  const workerCount = Math.min(request.jobs, request.tasks.length);
  await Promise.all(Array.from({ length: workerCount }, (_, worker) => work(worker === 0 ? first : null)));
  return results;
}

/** A copy is the first and only one of its kind. */
export const NOTHING_AGREED = { agreed: null, accepted: null };

async function copyTable(
  { signal, watcher, writeMode, policies, mapping, budget, quarantine }: CopyRequest,
  task: TableTask,
  parallelism: number,
  connect: () => Promise<ConnectionPair>,
): Promise<TableResult> {
  const startedAt = performance.now();
  let rowsRead = 0;
  let bytes = 0;
  let found: Verification | null = null;
  watcher.begin(task);
  try {
    if (signal.aborted) throw new AppError("RUN_CANCELLED");
    const { source, destination } = await connect();
    const outcome = await executeRun({
      source,
      destination,
      sourceTable: task.source,
      destinationTable: task.destination,
      writeMode,
      policies,
      mapping,
      identity: null,
      parallelism,
      budget,
      quarantine: quarantine?.(task),
      schema: NOTHING_AGREED,
      onMismatch: (mismatch) => (found = mismatch),
      signal,
      onProgress: (progress) => {
        ({ rows: rowsRead, bytes } = progress);
        watcher.progress(task, progress);
      },
      onLog: (level, message) => {
        if (level === "warn" || level === "error") watcher.warn(task, message);
      },
    });
    return { task, outcome, error: null };
  } catch (error) {
    const durationMs = Math.round(performance.now() - startedAt);
    return { task, outcome: null, error: toAppError(error), found, rowsRead, bytes, durationMs };
  }
}
