import type { LogLine } from "@millrace/shared";

/** What a log view is given: the lines from the first on, without a gap, and whether the last attempt to fetch some failed. */
export interface RunLogSnapshot {
  readonly lines: readonly LogLine[];
  readonly error: unknown;
}

/**
 * A run's log as one unbroken sequence, whatever the stream does: `seq` starts at 1 and has no gaps, so what was seen before
 * is dropped and what is missing is fetched before anything after it is shown.
 *
 *   following --(lines that leave a gap)--> filling --(the gap is closed)--> following
 *   filling --(fetch fails)--> following, with `error` set; the next lines, or `catchUp`, try again
 */
export class RunLogStore {
  readonly #fetchAfter: (afterSeq: number) => Promise<readonly LogLine[]>;
  readonly #listeners = new Set<() => void>();
  #snapshot: RunLogSnapshot = { lines: [], error: null };
  #newestSeq = 0;
  #filling: Promise<void> | null = null;

  /** `fetchAfter` gives lines after a `seq`, ascending, as many as it likes but at least one where there is one. */
  constructor(fetchAfter: (afterSeq: number) => Promise<readonly LogLine[]>) {
    this.#fetchAfter = fetchAfter;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly read = (): RunLogSnapshot => this.#snapshot;

  /** The `seq` up to which nothing is missing; 0 before the first line. */
  get lastSeq(): number {
    return this.#snapshot.lines.at(-1)?.seq ?? 0;
  }

  /** Takes lines of the stream, ascending, seen before or not. */
  receive(incoming: readonly LogLine[]): void {
    this.#newestSeq = Math.max(this.#newestSeq, incoming.at(-1)?.seq ?? 0);
    if (!this.#append(incoming)) void this.catchUp();
  }

  /** Fetches until nothing is missing that is known to exist. Never rejects: a failure is in the snapshot. */
  catchUp(): Promise<void> {
    this.#filling ??= this.#fill().finally(() => {
      this.#filling = null;
    });
    return this.#filling;
  }

  async #fill(): Promise<void> {
    try {
      while (this.lastSeq < this.#newestSeq) {
        const page = await this.#fetchAfter(this.lastSeq);
        // A server that has nothing where something was announced would be asked forever.
        if (page.length === 0 || !this.#append(page)) return;
      }
    } catch (error) {
      this.#publish({ lines: this.#snapshot.lines, error });
    }
  }

  /** False when the lines leave a gap; nothing is taken then. */
  #append(incoming: readonly LogLine[]): boolean {
    const { lines } = this.#snapshot;
    const fresh = incoming.filter((line) => line.seq > this.lastSeq);
    const [first] = fresh;
    if (!first) return true;
    if (first.seq !== this.lastSeq + 1) return false;
    this.#publish({ lines: [...lines, ...fresh], error: null });
    return true;
  }

  #publish(snapshot: RunLogSnapshot): void {
    this.#snapshot = snapshot;
    for (const listener of this.#listeners) listener();
  }
}
