import {
  failpoint,
  type DestinationSession,
  type DestinationSide,
  type LoadRequest,
  type PublishedRun,
  type TablePlan,
} from "@millrace/engine";
import { AppError, formatTableName } from "@millrace/shared";
import { planTable, type PostgresPlan } from "./postgres-plan.ts";
import { claimFence, ensurePositionTable, findCursor } from "./postgres-position.ts";
import { dropExpired, ensurePreviousTable } from "./postgres-previous.ts";
import { assertPermitted } from "./postgres-privileges.ts";
import type { PostgresSession } from "./postgres-session.ts";
import { openReplay } from "./postgres-replay.ts";
import { beginRepair, readDestination } from "./postgres-repair.ts";
import { execute } from "./postgres-setup.ts";
import { ensureStageTables } from "./postgres-stage.ts";
import { beginStagedLoad, dropOwnStages } from "./postgres-staged-load.ts";
import { surveyDestination } from "./postgres-survey.ts";
import { postgresUndo } from "./postgres-undo.ts";
import { TAKES } from "./postgres-wire-formats.ts";
import { beginWholeLoad } from "./postgres-whole-load.ts";

/** PostgreSQL as a destination: one transaction for a whole run, or one for each chunk and one that publishes. */
export function postgresDestination(session: PostgresSession): DestinationSide {
  return {
    takes: TAKES,
    plan: planTable,
    undo: postgresUndo(session),
    cursorPosition: (identity, table, signal) => session.abortable(signal, () => findCursor(session, identity, table)),
    survey: (source, table, signal) =>
      session
        .abortable(signal, () => surveyDestination(session, source, table))
        .catch((error: unknown) => Promise.reject(session.toError(error, formatTableName(table)))),
    assertPermitted: (plan, signal) => session.abortable(signal, () => assertPermitted(session, plan)),
    begin: (plan, load, signal) => session.abortable(signal, () => begin(session, plan, load, signal)),
    keyed: (plan, key, signal, options) =>
      session.abortable(signal, () => readDestination(session, plan, key, signal, options)),
    beginRepair: (plan, key, identity, signal) =>
      session.abortable(signal, () => beginRepair(session, plan, key, identity, signal)),
    openReplay: (plan, identity, target, signal) =>
      session.abortable(signal, () => openReplay(session, plan, identity, target, signal)),
  };
}

async function begin(
  session: PostgresSession,
  plan: TablePlan,
  load: LoadRequest,
  signal: AbortSignal,
): Promise<DestinationSession | PublishedRun> {
  const { identity, chunks } = load;
  if (identity) {
    await ensurePositionTable(session);
    const published = await claimFence(session, identity, plan.destinationTable);
    if (published) return published;
    await failpoint("after-fence-raise");
    await dropExpired(session);
    if ((plan.detail as PostgresPlan).kept) await ensurePreviousTable(session);
  }
  const { inStage, existingOid, before } = plan.detail as PostgresPlan;
  for (const statement of before) await execute(session, plan, statement);
  if (load.isPartial && existingOid === null) {
    const table = formatTableName(plan.destinationTable);
    throw new AppError("DESTINATION_CHANGED", { params: { table, side: "destination" } });
  }
  const isStaged = inStage !== null && chunks.length > 1 && (await mayStage(session, identity !== null));
  if (isStaged) return beginStagedLoad(session, plan, inStage, load, signal);
  if (identity) await dropOwnStages(session, plan, identity);
  return beginWholeLoad(session, plan, identity, signal);
}

/** A copy without a pipeline needs nothing of schema `_millrace`, so it does without where the user may not make it. */
async function mayStage(session: PostgresSession, isRecorded: boolean): Promise<boolean> {
  try {
    await ensureStageTables(session);
    return true;
  } catch (error) {
    if (isRecorded || !(error instanceof AppError) || error.code !== "PRIVILEGE_MISSING") throw error;
    return false;
  }
}
