import { openRowValues, PipelineRun, QuarantinedRow } from "@millrace/db";
import {
  AppError,
  decodeCursor,
  hasRole,
  type ListQuarantineInput,
  MAX_QUARANTINE_KINDS,
  type QuarantinedValue,
  type QuarantineState,
  type QuarantineSummary,
} from "@millrace/shared";
import type { Scope } from "../context.ts";
import { pageFrom } from "../paging.ts";
import { conditionsOf } from "./quarantine-filters.ts";
import { replayReasonOf } from "./replay.service.ts";

/** A row and whether a run that is under way has it in hand. */
export interface QuarantineFacts {
  readonly row: Omit<QuarantinedRow, "sealedValues" | "sealedEdit" | symbol>;
  readonly isReplaying: boolean;
  /** The key is a value of the row, so it is for those who may see rows. */
  readonly maySeeKey: boolean;
}

/** In the order in which the rows were set aside. Throws `RUN_NOT_FOUND`, `FORBIDDEN` where somebody searches for what they may not see. */
export async function listQuarantine(scope: Scope, input: ListQuarantineInput) {
  const { runId, cursor, limit, ...filters } = input;
  await findRun(scope, runId);
  const rows = await scope.em.find(
    QuarantinedRow,
    {
      run: runId,
      ...conditionsOf(scope, filters),
      ...(cursor === undefined ? {} : { id: { $gt: decodeCursor(cursor) } }),
    },
    { orderBy: { id: "asc" }, limit: limit + 1 },
  );
  const { items, nextCursor } = pageFrom(rows, limit);
  return { items: await factsOf(scope, items), nextCursor };
}

/** The row with its values. Throws `QUARANTINED_ROW_NOT_FOUND`, `SECRET_UNREADABLE`. */
export async function getQuarantinedRow(
  scope: Scope,
  { runId, id }: { readonly runId: string; readonly id: string },
): Promise<{ readonly facts: QuarantineFacts; readonly values: QuarantinedValue[] | null }> {
  const row = await scope.em.findOne(QuarantinedRow, { id, run: runId }, { populate: ["sealedValues", "sealedEdit"] });
  if (!row) throw new AppError("QUARANTINED_ROW_NOT_FOUND");
  const [facts] = await factsOf(scope, [row]);
  if (!facts) throw new AppError("QUARANTINED_ROW_NOT_FOUND");
  return { facts, values: valuesOf(scope, row) };
}

function valuesOf({ platform }: Pick<Scope, "platform">, row: QuarantinedRow): QuarantinedValue[] | null {
  if (row.sealedValues == null) return null;
  const original = openRowValues(platform.secrets, row, row.sealedValues, "sealed_values");
  const edited =
    row.sealedEdit == null ? original : openRowValues(platform.secrets, row, row.sealedEdit, "sealed_edit");
  return Object.entries(original).map(([name, value]) => ({
    name,
    value: Object.hasOwn(edited, name) ? (edited[name] ?? null) : value,
    original: value,
  }));
}

async function factsOf(
  { em, actor }: Scope,
  rows: readonly QuarantineFacts["row"][],
): Promise<readonly QuarantineFacts[]> {
  const ids = [...new Set(rows.flatMap(({ state, replayRunId }) => (state === "held" ? (replayRunId ?? []) : [])))];
  const active =
    ids.length === 0 ? [] : await em.find(PipelineRun, { id: ids, status: ["pending", "running"] }, { fields: ["id"] });
  const activeIds = new Set(active.map(({ id }) => id));
  const maySeeKey = hasRole(actor.role, "editor");
  return rows.map((row) => ({
    row,
    isReplaying: row.state === "held" && row.replayRunId != null && activeIds.has(row.replayRunId),
    maySeeKey,
  }));
}

/** Throws `RUN_NOT_FOUND`. */
export async function summarizeQuarantine(scope: Scope, runId: string): Promise<QuarantineSummary> {
  const run = await findRun(scope, runId);
  const rows = await scope.em.execute<{ state: QuarantineState; code: string; column: string | null; count: number }[]>(
    `select state, code, column_name as "column", count(*)::int as count from quarantined_rows
     where organization_id = ? and run_id = ? group by 1, 2, 3`,
    [scope.actor.organizationId, runId],
  );
  const states = { held: 0, replayed: 0, discarded: 0 };
  const kinds = new Map<string, { code: string; column: string | null; count: number; held: number }>();
  for (const { state, code, column, count } of rows) {
    states[state] += count;
    const name = JSON.stringify([code, column]);
    const kind = kinds.get(name) ?? { code, column, count: 0, held: 0 };
    kinds.set(name, {
      ...kind,
      count: kind.count + count,
      held: kind.held + (state === "held" ? count : 0),
    });
  }
  return {
    states,
    kinds: [...kinds.values()].sort((a, b) => b.count - a.count).slice(0, MAX_QUARANTINE_KINDS),
    replayReason: await replayReasonOf(scope, run),
  };
}

async function findRun({ em }: Pick<Scope, "em">, id: string): Promise<PipelineRun> {
  const run = await em.findOne(PipelineRun, { id }, { populate: ["pipeline"] });
  if (!run) throw new AppError("RUN_NOT_FOUND");
  return run;
}
