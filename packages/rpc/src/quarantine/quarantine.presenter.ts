import type { QuarantinedRow, QuarantinedRowDetail, QuarantinedValue } from "@millrace/shared";
import type { QuarantineFacts } from "./quarantine.service.ts";

export const presentQuarantinedRow = ({ row, isReplaying, maySeeKey }: QuarantineFacts): QuarantinedRow => ({
  id: row.id,
  runId: row.run.id,
  table: row.tableName,
  code: row.code,
  sqlstate: row.sqlstate ?? null,
  column: row.columnName ?? null,
  reason: row.reason,
  key: maySeeKey ? (row.key ?? null) : null,
  hasValues: row.hasValues,
  state: row.state,
  isReplaying,
  isEdited: row.isEdited,
  createdAt: row.createdAt.toISOString(),
  settledAt: row.settledAt?.toISOString() ?? null,
  settledByName: row.settledByName ?? null,
  replayRunId: row.replayRunId ?? null,
});

export const presentQuarantinedDetail = (
  facts: QuarantineFacts,
  values: QuarantinedValue[] | null,
): QuarantinedRowDetail => ({ ...presentQuarantinedRow(facts), values });
