import { type FoundChanges, planChanges, previewRun, type RunMapping, type RunPreview } from "@millrace/engine";
import { type AppError, type PipelinePolicies, toAppError, type WriteMode } from "@millrace/shared";
import type { ConnectionPair } from "./endpoint.ts";
import type { TableTask } from "./table-selection.ts";

export interface PlannedTable {
  readonly task: TableTask;
  /** Null where the ends could not be looked at. */
  readonly preview: RunPreview | null;
  /** Null where a copy would be refused before it has counted anything. */
  readonly changes: FoundChanges | null;
  /** Why a copy would be refused; else null. */
  readonly error: AppError | null;
}

export interface PlanTablesRequest {
  readonly tasks: readonly TableTask[];
  readonly writeMode: WriteMode;
  readonly policies: PipelinePolicies;
  readonly mapping: RunMapping | undefined;
  readonly signal: AbortSignal;
}

/** What a copy of each table would do, one after the other, in their order. Reads both ends and changes nothing. */
export async function planTables(request: PlanTablesRequest, pair: ConnectionPair): Promise<PlannedTable[]> {
  const planned: PlannedTable[] = [];
  for (const task of request.tasks) planned.push(await planTable(request, pair, task));
  return planned;
}

async function planTable(
  { tasks: _all, ...request }: PlanTablesRequest,
  { source, destination }: ConnectionPair,
  task: TableTask,
): Promise<PlannedTable> {
  const tables = { source, destination, sourceTable: task.source, destinationTable: task.destination };
  const asked = { ...request, ...tables };
  let preview: RunPreview | null = null;
  try {
    const silent = { onProgress: () => {}, onLog: () => {} };
    preview = await previewRun({ ...asked, ...silent, identity: null });
    const [refusal] = preview.refusals;
    if (refusal) return { task, preview, changes: null, error: refusal };
    // Whoever waits at a terminal ends it when they have waited long enough.
    const changes = await planChanges({ ...asked, pipelineId: null, timeUp: new AbortController().signal });
    return { task, preview, changes, error: changes.refusal };
  } catch (error) {
    return { task, preview, changes: null, error: toAppError(error) };
  }
}
