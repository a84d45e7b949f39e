import {
  AppError,
  DEFAULT_POLICIES,
  formatTableName,
  hasKey,
  MAX_CHANGED_ROWS,
  newId,
  type PipelinePolicies,
  type RowChanges,
  toAppError,
} from "@millrace/shared";
import { ChangeCount, type ChangeSamples } from "./change-count.ts";
import { atBoth, walkDifferences, walkPrints } from "./compare-keys.ts";
import { comparePrints, type Difference } from "./compare-prints.ts";
import type { CompareRequest } from "./comparison.ts";
import type { DestinationSide, Keying, SourceSession, TableDescription, TablePlan } from "./connector.ts";
import { beginIncremental, narrow } from "./incremental.ts";
import { comparedPlan } from "./comparison.ts";
import { type KeyedEnds, type KeyedOptions, type KeyedReader, type KeyName, readKey } from "./keyed.ts";
import { assertDistinct, beginSource, planSurveyed, sidesOf } from "./plan.ts";

/** What a run would do to rows, as far as that is known yet. */
export type ChangesSoFar = Pick<RowChanges, "inserted" | "updated" | "deleted">;

export interface PlanChangesRequest extends Omit<CompareRequest, "identity" | "onLog" | "onProgress"> {
  /** Whose position is read on from; null for a pipeline that does not exist yet, which reads everything. */
  readonly pipelineId: string | null;
  /** Once this aborts, what was found so far is the answer. */
  readonly timeUp: AbortSignal;
  /** Told what was found so far whenever there is more of it. Must not throw. */
  readonly onFound?: ((found: ChangesSoFar) => void) | undefined;
}

/** See `PlanChanges` of the shared contract, which this is but for the refusal. */
export interface FoundChanges extends ChangeSamples {
  readonly sourceRows: number | null;
  readonly destinationRows: number | null;
  readonly keyColumns: readonly string[];
  readonly columns: readonly string[];
  readonly isComplete: boolean;
  /** What the run would end with once it had counted; null where nothing speaks against it. */
  readonly refusal: AppError | null;
}

/**
 * Counts what a run would insert, update and delete, as it would count it: each end under one snapshot, by the bytes of the values,
 * as a merge compares them. Memory does not grow with the tables. Reads, and changes nothing. Throws what a plan throws, and
 * `KEY_NULL`, `CURSOR_NULL` and `UNSUPPORTED` where an end cannot compare.
 */
export async function planChanges(asked: PlanChangesRequest): Promise<FoundChanges> {
  assertDistinct(asked);
  const state = new ChangeCount();
  const signal = AbortSignal.any([asked.signal, asked.timeUp]);
  try {
    await look({ ...asked, signal }, state);
    return state.found(true);
  } catch (thrown) {
    const isTimeUp = asked.timeUp.aborted && !asked.signal.aborted && toAppError(thrown).code === "RUN_CANCELLED";
    if (!isTimeUp || !state.hasBegun) throw thrown;
    return state.found(false);
  }
}

const SILENT = { onLog: () => {}, onProgress: () => {} } as const;

async function look(asked: PlanChangesRequest, state: ChangeCount): Promise<void> {
  const policies = withoutWaiting(asked.policies ?? DEFAULT_POLICIES);
  const identity = { pipelineId: asked.pipelineId ?? newId(), runId: newId(), fence: 0 };
  const request = { ...asked, ...SILENT, policies, identity };
  const sides = sidesOf(request);
  const incremental = hasKey(asked.writeMode) ? await beginIncremental(request, sides) : null;
  const session = await beginSource(request);
  try {
    const side = sides.destination;
    const survey = await side.survey(session.description, request.destinationTable, request.signal);
    const { existing } = survey;
    const plan = planSurveyed(comparable(request), session, survey);
    let isNarrow = incremental?.isPartial ?? false;
    if (incremental) isNarrow = (await narrow(request, session, incremental)).leavesNullsOut || isNarrow;
    const ends = { plan, session, side, existing, policies, isNarrow, signal: request.signal, onFound: asked.onFound };
    await compare(ends, keyOf(ends, asked.writeMode), asked.writeMode === "append", state);
  } finally {
    await session.close();
  }
}

/** Somebody is waiting for the answer, and what open transactions commit is not there to be counted. */
const withoutWaiting = (policies: PipelinePolicies): PipelinePolicies => ({
  ...policies,
  incremental: policies.incremental && { ...policies.incremental, barrierSeconds: 0 },
});

/** What a replaced table is carried over with is no matter to its rows, so it is planned as one that rows are added to. */
const comparable = <Request extends { readonly writeMode: PlanChangesRequest["writeMode"] }>(
  request: Request,
): Request => (request.writeMode === "replace" ? { ...request, writeMode: "append" } : request);

interface Ends {
  readonly plan: TablePlan;
  readonly session: SourceSession;
  readonly side: DestinationSide;
  readonly existing: TableDescription | null;
  readonly policies: PipelinePolicies;
  /** Whether the session leaves rows out, so that what is missing in it is not gone. */
  readonly isNarrow: boolean;
  readonly signal: AbortSignal;
  readonly onFound: PlanChangesRequest["onFound"];
}

/** By which rows find their place; null where they have no key. */
function keyOf({ plan, session, existing }: Ends, writeMode: PlanChangesRequest["writeMode"]): Keying | null {
  if (plan.keying || writeMode !== "replace" || !existing) return plan.keying;
  const arrives = (name: string) => plan.columns.some((column) => column.name === name);
  const isUsable = (key: readonly string[]) => key.length > 0 && key.every(arrives);
  const key = [existing.primaryKey, session.description.primaryKey].find(isUsable);
  const compared = plan.columns.map(({ name }) => name);
  return key ? { key, compared, isUnique: true, mayBeNull: true, lastBy: null } : null;
}

async function compare(ends: Ends, keying: Keying | null, isAppend: boolean, state: ChangeCount): Promise<void> {
  const { plan, session, side, existing, signal } = ends;
  const key = keying?.key ?? [];
  const compared = comparedPlan(plan, keying);
  const open = (options: KeyedOptions = {}) => session.keyed?.(compared, key, { isExact: true, ...options });
  const all = open();
  if (!all || !side.keyed || plan.digestMethod === null) throw incomparable(plan);
  state.begin(
    key,
    compared.columns.map(({ name }) => name),
  );
  const sourceRows = await all.countRows();
  state.sourceRows = sourceRows;
  if (keying?.mayBeNull && plan.keying) await assertKeyComplete(plan, all, key);
  const last = keying && !keying.isUnique ? { lastBy: keying.lastBy } : undefined;
  const source = last ? (open({ last }) ?? all) : all;
  const rows = last ? await source.countRows() : sourceRows;
  state.duplicates = sourceRows - rows;
  if (!existing) {
    state.destinationRows = 0;
    await insertAll(ends, rows, state);
    return;
  }
  const destination = await side.keyed(compared, key, signal, { isExact: true, existing });
  try {
    state.destinationRows = await destination.countRows();
    assertNotShrunk(ends, state);
    const isEmpty = state.destinationRows === 0 && destination.withMarked() === null;
    if (isAppend || isEmpty) await insertAll(ends, rows, state);
    else if (!keying) state.cannotTell();
    else {
      const counter = new Counter({ source, destination }, ends, state, plan.keying === null);
      const whole = ends.isNarrow ? open({ isWhole: true, ...(last && { last }) }) : undefined;
      await (whole ? counter.countPart(whole) : counter.countWhole(rows));
      state.unchanged = Math.max(0, rows - state.inserted - state.updated);
      state.updated += counter.revivedElsewhere;
    }
    assertShare(ends, state);
  } finally {
    await destination.close();
  }
}

/** The first in the server's order are shown: nothing is looked up by a key. */
async function insertAll({ session }: Ends, rowCount: number, state: ChangeCount): Promise<void> {
  state.insertAll(rowCount, await session.preview(MAX_CHANGED_ROWS));
}

const incomparable = ({ sourceTable, destinationTable }: TablePlan): AppError =>
  new AppError("UNSUPPORTED", {
    params: {
      what: `Comparing ${formatTableName(sourceTable)} with ${formatTableName(destinationTable)}`,
      instead: "These systems share no way to fingerprint rows: start a run to see what it does.",
    },
  });

async function assertKeyComplete(plan: TablePlan, source: KeyedReader, key: readonly string[]): Promise<void> {
  const count = await source.countIncompleteKeys();
  if (count === 0) return;
  throw new AppError("KEY_NULL", {
    params: { count, table: formatTableName(plan.destinationTable), key: key.join(", "), side: "source" },
  });
}

/** Counts what differs between two ends, by the policy for rows that have gone. */
class Counter {
  readonly #ends: KeyedEnds;
  readonly #state: ChangeCount;
  readonly #deletes: boolean;
  readonly #onFound: PlanChangesRequest["onFound"];
  /** Rows that are marked as deleted and no others; they are updated when their key is back. */
  readonly #marked: KeyedReader | null;
  /** Rows outside of what is read whose key is at the source, and which are marked as deleted. */
  revivedElsewhere = 0;

  constructor(ends: KeyedEnds, { policies, onFound }: Ends, state: ChangeCount, isReplace: boolean) {
    this.#ends = ends;
    this.#state = state;
    this.#deletes = isReplace || policies.deletes.mode !== "ignore";
    this.#marked = ends.destination.withMarked();
    this.#onFound = onFound;
  }

  /** The source has all rows, so whatever else is there has gone. */
  async countWhole(sourceRows: number): Promise<void> {
    const destinationRows = this.#state.destinationRows ?? 0;
    const digests = await atBoth(this.#ends, (reader) => reader.digest());
    const isEqual =
      digests[0].rowCount === digests[1].rowCount &&
      digests[0].sum === digests[1].sum &&
      digests[0].xor === digests[1].xor;
    if (!isEqual) {
      for await (const found of walkDifferences(this.#ends, { sourceRows, destinationRows })) await this.#take(found);
    }
    if (this.#deletes) this.#state.deleted += await this.#ends.destination.countIncompleteKeys();
  }

  /** What is read is looked up; what has gone is told by the keys of all rows. */
  async countPart(whole: KeyedReader): Promise<void> {
    const { source, destination } = this.#ends;
    for await (const prints of walkPrints(source)) {
      const theirs = await destination.printKeys(prints.map(({ name }) => readKey(name)));
      await this.#take(comparePrints(prints, theirs));
    }
    if (!this.#deletes) return;
    const keys = { source: whole.onlyKeys(), destination: destination.onlyKeys() };
    const counts = await atBoth(keys, (reader) => reader.countRows());
    for await (const found of walkDifferences(keys, { sourceRows: counts[0], destinationRows: counts[1] })) {
      await this.#take(found.filter(({ kind }) => kind === "unexpected"));
      await this.#countRevived(namesOf(found, "missing"));
    }
    this.#state.deleted += await destination.countIncompleteKeys();
  }

  async #countRevived(missing: readonly KeyName[]): Promise<void> {
    const revived = await this.#markedAmong(missing);
    if (revived.length === 0) return;
    const read = await this.#ends.source.printKeys(revived.map(readKey));
    this.revivedElsewhere += revived.length - read.length;
  }

  async #take(found: readonly Difference[]): Promise<void> {
    const missing = namesOf(found, "missing");
    const revived = new Set(await this.#markedAmong(missing));
    const isRevived = (name: KeyName) => revived.has(name);
    const { source, destination } = this.#ends;
    await this.#state.insert(
      missing.filter((name) => !isRevived(name)),
      source,
    );
    await this.#state.update(missing.filter(isRevived), { source, destination: this.#marked ?? destination });
    await this.#state.update(namesOf(found, "different"), this.#ends);
    if (this.#deletes) await this.#state.delete(namesOf(found, "unexpected"), destination);
    if (found.length > 0) this.#onFound?.(this.#state);
  }

  /** Those of the keys that are there all the same, marked as deleted. */
  async #markedAmong(names: readonly KeyName[]): Promise<readonly KeyName[]> {
    if (!this.#marked || names.length === 0) return [];
    return (await this.#marked.printKeys(names.map(readKey))).map(({ name }) => name);
  }
}

const namesOf = (found: readonly Difference[], kind: Difference["kind"]): KeyName[] =>
  found.filter((each) => each.kind === kind).map(({ name }) => name);

/** As `TOO_MANY_DELETES` of a run: it is told with the counts, since it is these that somebody wants to see then. */
function assertShare({ plan, policies }: Ends, state: ChangeCount): void {
  if (!plan.keying || policies.deletes.mode === "ignore") return;
  refuseShare(plan, state, state.deleted, policies.deletes.maxPercent);
}

function assertNotShrunk({ plan, policies }: Ends, state: ChangeCount): void {
  if (plan.keying || policies.maxShrinkPercent === null) return;
  const gone = Math.max(0, (state.destinationRows ?? 0) - (state.sourceRows ?? 0));
  refuseShare(plan, state, gone, policies.maxShrinkPercent);
}

function refuseShare({ destinationTable }: TablePlan, state: ChangeCount, count: number, percent: number): void {
  const total = state.destinationRows ?? 0;
  if (count * 100 <= total * percent) return;
  const table = formatTableName(destinationTable);
  state.refusal = new AppError("TOO_MANY_DELETES", { params: { count, total, percent, table, side: "destination" } });
}
