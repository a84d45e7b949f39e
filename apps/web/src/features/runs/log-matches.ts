import type { RunLogMatches } from "@millrace/shared";

/** Which lines a filter leaves, as far as the log was looked through. */
export interface LogMatchesSnapshot {
  /** Ascending. */
  readonly seqs: readonly number[];
  /** False until the server has answered for the first time. */
  readonly isKnown: boolean;
  readonly error: unknown;
}

/** A log that grows is looked through again this long after the last time. */
const PAUSE_MS = 500;

/**
 * The lines of a log that one filter finds, as the server finds them. What was looked through is not looked through again:
 * of a log that grows only the new lines are asked about, and never twice at once.
 */
export class LogMatches {
  readonly #find: (afterSeq: number) => Promise<RunLogMatches>;
  readonly #listeners = new Set<() => void>();
  #snapshot: LogMatchesSnapshot = { seqs: [], isKnown: false, error: null };
  #throughSeq = 0;
  #lineCount = 0;
  #isLooking = false;

  constructor(find: (afterSeq: number) => Promise<RunLogMatches>) {
    this.#find = find;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly read = (): LogMatchesSnapshot => this.#snapshot;

  /** The log has this many lines now. */
  lookThrough(lineCount: number): void {
    this.#lineCount = Math.max(this.#lineCount, lineCount);
    if (!this.#isLooking) void this.#catchUp();
  }

  async #catchUp(): Promise<void> {
    this.#isLooking = true;
    try {
      while (!this.#snapshot.isKnown || this.#throughSeq < this.#lineCount) {
        const { seqs, throughSeq } = await this.#find(this.#throughSeq);
        const isStuck = this.#snapshot.isKnown && throughSeq <= this.#throughSeq;
        this.#throughSeq = throughSeq;
        this.#publish({ seqs: [...this.#snapshot.seqs, ...seqs], isKnown: true, error: null });
        if (isStuck) return;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    } catch (error) {
      this.#publish({ ...this.#snapshot, error });
    } finally {
      this.#isLooking = false;
    }
  }

  #publish(snapshot: LogMatchesSnapshot): void {
    this.#snapshot = snapshot;
    for (const listener of this.#listeners) listener();
  }
}

/** Where `seq` is in an ascending list, or would be: the index of the first one that is not smaller. */
export function placeOf(seqs: readonly number[], seq: number): number {
  let low = 0;
  let high = seqs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((seqs[middle] ?? 0) < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The next match after a line, or before it, beginning anew at the other end. Null where there is none at all. */
export function neighbour(seqs: readonly number[], seq: number | undefined, direction: 1 | -1): number | null {
  if (seqs.length === 0) return null;
  const place = seq === undefined ? (direction === 1 ? 0 : seqs.length) : placeOf(seqs, seq);
  const isOnMatch = seq !== undefined && seqs[place] === seq;
  const index = direction === 1 ? (isOnMatch ? place + 1 : place) : place - 1;
  return seqs.at(index >= seqs.length ? 0 : index) ?? null;
}
