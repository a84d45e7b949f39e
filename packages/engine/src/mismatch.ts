import { AppError, describeFound, describeRows, type Verification } from "@millrace/shared";
import { atBoth } from "./compare-keys.ts";
import { keyOf } from "./comparison.ts";
import type { TableDescription, TablePlan } from "./connector.ts";
import type { KeyedEnds } from "./keyed.ts";
import type { RunRequest } from "./run.ts";
import { countedOf, listDifferences } from "./verify-table.ts";
import { digestMismatch, type Digests } from "./verify.ts";

/** What a load is about to fail for. */
interface Mismatch {
  /** What it fails with where nothing more is found out. */
  readonly error: AppError;
  /** Of what was read, less what was set aside, and of what arrived; null where only the two ends can tell. */
  readonly digests: Digests | null;
  readonly chunk: Verification["chunk"];
  /** Both ends by the key, while what was loaded is there yet; undefined where they cannot be read so. */
  readonly open: (key: readonly string[]) => KeyedEnds | undefined;
  /** With the columns that both ends have. */
  readonly plan: TablePlan;
}

/**
 * Finds out which keys differ before a load that fails for its digests is rolled back. Asked for nothing, it does nothing.
 * State: idle -> explaining -> explained. Of lanes that fail at once the first is looked at and the others wait for it.
 */
export class MismatchFinder {
  readonly #request: RunRequest;
  readonly #source: TableDescription;
  readonly #existing: TableDescription | null;
  #explained: Promise<AppError> | undefined;
  #result: { readonly error: AppError; readonly found: Verification } | undefined;

  /** `existing` is what stands at the destination before the run. */
  constructor(request: RunRequest, source: TableDescription, existing: TableDescription | null) {
    this.#request = request;
    this.#source = source;
    this.#existing = existing;
  }

  /** Whether the load fails for certain, so that nothing more need be copied. */
  get isAsked(): boolean {
    return this.#explained !== undefined;
  }

  /** The error to fail with: `DIGEST_MISMATCH`, whatever becomes of the search. Rejects where the run is cancelled meanwhile. */
  explain(mismatch: Mismatch): Promise<AppError> {
    return (this.#explained ??= this.#explain(mismatch));
  }

  /** Tells whoever asked for the run what was found, if it is this that the run fails with. */
  tell(error: unknown): void {
    if (this.#result && this.#result.error === error) this.#request.onMismatch?.(this.#result.found);
  }

  async #explain(mismatch: Mismatch): Promise<AppError> {
    const { onLog, signal } = this.#request;
    const { error, plan, chunk } = mismatch;
    let found: Verification | null = null;
    try {
      const key = plan.keying?.key ?? keyOf(this.#request, plan, this.#source, this.#existing);
      const ends = mismatch.open(key);
      const digests = mismatch.digests ?? (ends && (await digestsOf(ends)));
      if (!digests) return error;
      const counted = { ...countedOf(digests.source, digests.destination, key), chunk };
      found = { ...counted, isEqual: false, differenceCount: null, differences: [], isComplete: false };
      if (!ends) onLog("warn", "The two systems share no way to find the keys that differ");
      else found = await listDifferences({ plan, key, mayKeyBeNull: true }, ends, counted, onLog);
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      // The sentence of an error of ours holds no values; a driver's may.
      const why = thrown instanceof AppError ? thrown.message : "the search failed";
      onLog("warn", `The keys that differ could not be listed: ${why}`);
    }
    if (!found) return error;
    const explained = digestMismatch(plan, foundText(found), error);
    this.#result = { error: explained, found };
    return explained;
  }
}

async function digestsOf(ends: KeyedEnds): Promise<Digests> {
  const [source, destination] = await atBoth(ends, (reader) => reader.digest());
  return { source, destination };
}

function foundText(found: Verification): string {
  const keys = found.differenceCount === null ? "" : `${describeFound(found)}; `;
  const where = found.chunk ? `, in chunk ${found.chunk.number} of ${found.chunk.count}` : "";
  return `${keys}${describeRows(found)}${where}`;
}
