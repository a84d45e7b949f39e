import type { Readable } from "node:stream";
import {
  failpoint,
  type ChunkWriter,
  type CommittedChunk,
  type DestinationSession,
  type KeyedEnds,
  type LateQuarantine,
  type LoadRequest,
  type LoadResult,
  type Published,
  type RunIdentity,
  type TablePlan,
} from "@millrace/engine";
import type { TableName } from "@millrace/shared";
import { openStageWriter } from "./postgres-stage-writer.ts";
import { commitPublished, COMMIT_CHECK_MS, copyKeysInto, finishLoad } from "./postgres-load.ts";
import type { PostgresPlan } from "./postgres-plan.ts";
import { publishedEnds } from "./postgres-published-ends.ts";
import { isTableThere } from "./postgres-own-schema.ts";
import { nameSession } from "./postgres-position.ts";
import type { PostgresSession } from "./postgres-session.ts";
import { execute, holdTable, waitForOtherMakers } from "./postgres-setup.ts";
import {
  deleteChunks,
  dropOrphans,
  dropStage,
  findStages,
  lockStage,
  readChunks,
  recordStage,
  stageFor,
  takeOverStage,
  unlockStage,
} from "./postgres-stage.ts";
import type { StructurePlan } from "./postgres-structure.ts";

/** A stage that this load owns, whether it has made it or found it. */
interface Stage {
  readonly name: TableName;
  readonly structure: StructurePlan;
  readonly committed: readonly CommittedChunk[];
  readonly startsOverBecause: string | null;
}

export type InStage = NonNullable<PostgresPlan["inStage"]>;

/**
 * Begins a load whose chunks commit one by one. Its own session holds the destination's table against being altered, and the
 * stage against being taken for an orphan, until the end; other sessions write. The tables of `ensureStageTables` are there.
 */
export async function beginStagedLoad(
  session: PostgresSession,
  plan: TablePlan,
  inStage: InStage,
  { identity }: LoadRequest,
  signal: AbortSignal,
): Promise<DestinationSession> {
  await dropOrphans(session);
  await session.query("begin");
  let held: TableName | undefined;
  try {
    await holdTable(session, plan);
    const other = await openNamed(session, identity, signal);
    try {
      const stage = await other.abortable(signal, async () => {
        const found = identity && (await findOwn(session, other, plan, identity));
        held = found?.stage ?? stageFor(identity, plan.destinationTable);
        if (!found?.stage) await lockStage(session, held);
        return found?.stage
          ? goOn(other, held, inStage(held))
          : make(other, plan, held, inStage(held), identity, found?.startsOverBecause ?? null);
      });
      return new StagedLoad(session, plan, stage, identity, signal);
    } finally {
      await other.close();
    }
  } catch (error) {
    await session.query("rollback").catch(() => {});
    if (held) await unlockStage(session, held).catch(() => {});
    throw error;
  }
}

async function openNamed(
  session: PostgresSession,
  identity: RunIdentity | null,
  signal: AbortSignal,
): Promise<PostgresSession> {
  const other = await session.reopen(signal);
  try {
    if (identity) await nameSession(other, identity);
    return other;
  } catch (error) {
    await other.close();
    throw error;
  }
}

/**
 * The stage that an earlier claim of this run has left, made this claim's and locked by `owner`. Whatever else the pipeline has
 * left for this table is dropped: no run of it goes on any more.
 */
async function findOwn(
  owner: PostgresSession,
  other: PostgresSession,
  plan: TablePlan,
  identity: RunIdentity,
): Promise<{ stage: TableName | null; startsOverBecause: string | null }> {
  const { fingerprint } = plan.detail as PostgresPlan;
  let stage: TableName | null = null;
  let startsOverBecause: string | null = null;
  for (const found of await findStages(other, identity, plan.destinationTable)) {
    const isOfRun = found.runId === identity.runId.toLowerCase();
    const isUsable = isOfRun && found.isThere && found.fingerprint === fingerprint && stage === null;
    await lockStage(owner, found.stage);
    if (await takeOverStage(other, found.stage, identity)) {
      if (isUsable) {
        stage = found.stage;
        continue;
      }
      if (isOfRun) startsOverBecause = "what it depends on at the source or the destination has changed";
      await dropStage(other, found.stage, identity.fence);
    }
    await unlockStage(owner, found.stage);
  }
  return { stage, startsOverBecause: stage === null ? startsOverBecause : null };
}

/** For a run that is not staged, though an earlier claim of it or another run of its pipeline may have been. */
export async function dropOwnStages(session: PostgresSession, plan: TablePlan, identity: RunIdentity): Promise<void> {
  if (!(await isTableThere(session, "chunk"))) return;
  for (const { stage } of await findStages(session, identity, plan.destinationTable)) {
    if (await takeOverStage(session, stage, identity)) await dropStage(session, stage, identity.fence);
  }
}

async function goOn(session: PostgresSession, name: TableName, structure: StructurePlan): Promise<Stage> {
  return { name, structure, committed: await readChunks(session, name), startsOverBecause: null };
}

async function make(
  session: PostgresSession,
  plan: TablePlan,
  name: TableName,
  structure: StructurePlan,
  identity: RunIdentity | null,
  startsOverBecause: string | null,
): Promise<Stage> {
  await session.query("begin");
  try {
    await recordStage(session, name, plan.destinationTable, identity, (plan.detail as PostgresPlan).fingerprint);
    for (const statement of structure.setup) await execute(session, plan, statement);
    await session.query("commit");
    await failpoint("after-stage-commit");
  } catch (error) {
    await session.query("rollback").catch(() => {});
    throw error;
  }
  return { name, structure, committed: [], startsOverBecause };
}

/** State: open -> published | closed, with the stage kept or dropped. */
class StagedLoad implements DestinationSession {
  readonly kind = "open";
  readonly isStaged = true;
  readonly committed: readonly CommittedChunk[];
  readonly startsOverBecause: string | null;
  readonly #session: PostgresSession;
  readonly #plan: TablePlan;
  readonly #stage: Stage;
  readonly #identity: RunIdentity | null;
  readonly #signal: AbortSignal;
  #isOpen = true;
  #hasKeys = false;

  constructor(
    session: PostgresSession,
    plan: TablePlan,
    stage: Stage,
    identity: RunIdentity | null,
    signal: AbortSignal,
  ) {
    this.#session = session;
    this.#plan = plan;
    this.#stage = stage;
    this.#identity = identity;
    this.#signal = signal;
    this.committed = stage.committed;
    this.startsOverBecause = stage.startsOverBecause;
  }

  async discard(indexes: readonly number[]): Promise<void> {
    const other = await openNamed(this.#session, this.#identity, this.#signal);
    try {
      await other.abortable(this.#signal, async () => {
        await other.query("begin");
        await deleteChunks(other, this.#stage.name, indexes);
        await other.query("commit");
      });
    } finally {
      await other.close();
    }
  }

  writeKeys(stream: Readable): Promise<number> {
    this.#hasKeys = true;
    return copyKeysInto(this.#session, this.#plan, this.#stage.structure, stream, this.#signal);
  }

  openWriter(): Promise<ChunkWriter> {
    const reopen = (signal: AbortSignal) => openNamed(this.#session, this.#identity, signal);
    const { name, structure } = this.#stage;
    const target = { plan: this.#plan, stage: name, structure, identity: this.#identity, reopen };
    return openStageWriter(target, this.#signal);
  }

  keyed(plan: TablePlan, key: readonly string[]): KeyedEnds | undefined {
    return publishedEnds(this.#session, plan, this.#stage.structure, key, this.#signal);
  }

  publish(loaded: LoadResult, late: LateQuarantine): Promise<Published> {
    const session = this.#session;
    const { name, structure } = this.#stage;
    return session.abortable(this.#signal, async () => {
      if ((this.#plan.detail as PostgresPlan).makesShared) await waitForOtherMakers(session);
      const published = await finishLoad(
        session,
        this.#plan,
        structure,
        this.#identity,
        { ...loaded, hasKeys: this.#hasKeys },
        late,
        this.#signal,
      );
      await session.query("delete from _millrace.stage where stage = $1", [name.name]);
      this.#isOpen = false;
      await commitPublished(session, this.#plan, this.#identity);
      await unlockStage(session, name).catch(() => {});
      return published;
    });
  }

  async close({ keepsChunks } = { keepsChunks: false }): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const { name } = this.#stage;
    await this.#session.query("rollback").catch(() => {});
    if (!keepsChunks) await this.#drop().catch(() => {});
    await unlockStage(this.#session, name).catch(() => {});
  }

  /** By a session of its own: this one may have been lost, which is why the load ends. */
  async #drop(): Promise<void> {
    await failpoint("before-stage-drop");
    const other = await this.#session.reopen(AbortSignal.timeout(COMMIT_CHECK_MS));
    try {
      await dropStage(other, this.#stage.name, this.#identity?.fence ?? null);
    } finally {
      await other.close();
    }
  }
}
