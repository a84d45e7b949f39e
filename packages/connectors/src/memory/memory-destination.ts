import {
  BATCHES,
  type DestinationSession,
  type DestinationSide,
  type LoadRequest,
  type PublishedRun,
  type TablePlan,
} from "@millrace/engine";
import { AppError, formatTableName } from "@millrace/shared";
import { MemoryDatabase, type MemoryTable } from "./memory-database.ts";
import { describe } from "./memory-describe.ts";
import { MemoryLoad } from "./memory-load.ts";
import { type MemoryPlan, planTable } from "./memory-plan.ts";
import type { MemorySession } from "./memory-session.ts";

export function memoryDestination(session: MemorySession): DestinationSide {
  const { database } = session;
  return {
    takes: [BATCHES],
    plan: planTable,
    cursorPosition: (identity, table, signal) =>
      session.run(signal, () => {
        const position = database.positions.get(MemoryDatabase.streamOf(identity, table));
        return database.table(table) ? (position?.cursor ?? null) : null;
      }),
    survey: (_source, table, signal) =>
      session.run(signal, () => {
        const found = database.table(table);
        return { existing: found ? describe(table, found) : null, detail: null };
      }),
    assertPermitted: (_plan, signal) => session.run(signal, () => {}),
    begin: (plan, load, signal) => session.run(signal, () => begin(session, plan, load, signal)),
  };
}

function begin(
  session: MemorySession,
  plan: TablePlan,
  load: LoadRequest,
  signal: AbortSignal,
): DestinationSession | PublishedRun {
  const { database } = session;
  const { identity, chunks, isPartial } = load;
  const { destinationTable, writeMode } = plan;
  if (identity) {
    database.assertFence(identity, destinationTable);
    const stream = MemoryDatabase.streamOf(identity, destinationTable);
    const known = database.positions.get(stream);
    if (known?.published && known.runId === identity.runId) return known.published;
    const { fence, runId } = identity;
    database.positions.set(stream, { fence, runId, published: null, cursor: known?.cursor ?? null });
  }
  const { existing } = plan.detail as MemoryPlan;
  const now = database.table(destinationTable) ?? null;
  if (structureOf(existing) !== structureOf(now) || (isPartial && now === null)) {
    const table = formatTableName(destinationTable);
    throw new AppError("DESTINATION_CHANGED", { params: { table, side: "destination" } });
  }
  // Rows that are appended go in by one transaction.
  const isStaged = chunks.length > 1 && writeMode !== "append";
  return new MemoryLoad(session, plan, load, isStaged, signal);
}

const structureOf = (table: MemoryTable | null): string =>
  table === null ? "none" : JSON.stringify([table.columns, table.primaryKey]);
