import { type FoundChanges, planChanges, previewRun, type RunMapping, type RunPreview } from "@millrace/engine";
import {
  type AppError,
  type ErrorBudget,
  hasErrorBudget,
  type PipelinePolicies,
  toAppError,
  type WriteMode,
} from "@millrace/shared";
import { NOTHING_AGREED } from "./copy-tables.ts";
import type { ConnectionPair } from "./endpoint.ts";
import { JobShares } from "./job-shares.ts";
import type { PlanWatcher } from "./plan-display.ts";
import type { TableTask } from "./table-selection.ts";

export interface PlannedTable {
  readonly task: TableTask;
  /** Null where the ends could not be looked at. */
  readonly preview: RunPreview | null;
  /** Null where a copy would be refused before it has counted anything. */
  readonly changes: FoundChanges | null;
  /** Whether rows that the destination refuses would be set aside, so that fewer would be inserted and updated. */
  readonly isUpperBound: boolean;
  /** Why a copy would be refused; else null. */
  readonly error: AppError | null;
}

export interface PlanTablesRequest {
  readonly tasks: readonly TableTask[];
  /** As `copyTables` divides them, a table is copied in parts or at once. */
  readonly jobs: number;
  readonly budget: ErrorBudget;
  readonly writeMode: WriteMode;
  readonly policies: PipelinePolicies;
  readonly mapping: RunMapping | undefined;
  readonly signal: AbortSignal;
  readonly watcher: PlanWatcher;
}

/** What a copy of each table would do, one after the other, in their order. Reads both ends and changes nothing. */
export async function planTables(request: PlanTablesRequest, pair: ConnectionPair): Promise<PlannedTable[]> {
  const planned: PlannedTable[] = [];
  const shares = new JobShares(request.jobs, request.tasks.length);
  for (const task of request.tasks) planned.push(await planTable(request, pair, task, shares.take()));
  return planned;
}

async function planTable(
  { writeMode, policies, mapping, budget, signal, watcher }: PlanTablesRequest,
  { source, destination }: ConnectionPair,
  task: TableTask,
  parallelism: number,
): Promise<PlannedTable> {
  const tables = { source, destination, sourceTable: task.source, destinationTable: task.destination };
  const asked = { ...tables, writeMode, policies, mapping, schema: NOTHING_AGREED, signal };
  const isUpperBound = hasErrorBudget(budget);
  let preview: RunPreview | null = null;
  watcher.begin(task);
  try {
    const silent = { onProgress: () => {}, onLog: () => {} };
    preview = await previewRun({ ...asked, ...silent, identity: null, parallelism });
    const [refusal] = preview.refusals;
    if (refusal) return { task, preview, changes: null, isUpperBound, error: refusal };
    // Whoever waits at a terminal ends it when they have waited long enough.
    const changes = await planChanges({
      ...asked,
      pipelineId: null,
      timeUp: new AbortController().signal,
      onFound: watcher.found,
    });
    return { task, preview, changes, isUpperBound, error: changes.refusal };
  } catch (error) {
    return { task, preview, changes: null, isUpperBound, error: toAppError(error) };
  } finally {
    watcher.end();
  }
}
