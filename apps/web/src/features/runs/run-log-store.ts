import type { LogLevel, LogLine } from "@millrace/shared";

/** What a log view is given: how many lines there are, and a number that changes whenever lines have come. */
export interface RunLogSnapshot {
  readonly lineCount: number;
  readonly revision: number;
  readonly error: unknown;
}

/** Which lines to fetch: those between the two, with this level or a higher one, the first `limit` of them. */
export interface LinesWanted {
  readonly afterSeq: number;
  readonly beforeSeq: number;
  readonly level: LogLevel | undefined;
  readonly limit: number;
}

/** What a screen and its surroundings need, several times over; the server gives at most 1,000 at once. */
const LINES_PER_FETCH = 400;

/**
 * A run's log of any length, of which only the parts are here that somebody has looked at. `seq` starts at 1 and has no gaps,
 * so a line has its place whatever order lines come in: one that comes twice lands on itself, one that is missing leaves its
 * place empty until it is wanted.
 *
 *   resting --(want: some are missing)--> fetching --(they came)--> resting, or fetching what was wanted last
 *   fetching --(it failed)--> resting, with `error` set; the next want tries again
 */
export class RunLogStore {
  readonly #fetch: (wanted: LinesWanted) => Promise<readonly LogLine[]>;
  readonly #listeners = new Set<() => void>();
  readonly #lines: (LogLine | undefined)[] = [];
  #snapshot: RunLogSnapshot;
  #isFetching = false;
  #wanted: { readonly seqs: readonly number[]; readonly level: LogLevel | undefined } | null = null;

  /** `fetch` gives the lines wanted, ascending. */
  constructor(lineCount: number, fetch: (wanted: LinesWanted) => Promise<readonly LogLine[]>) {
    this.#fetch = fetch;
    this.#snapshot = { lineCount, revision: 0, error: null };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly read = (): RunLogSnapshot => this.#snapshot;

  /** The line, or nothing while it is not here. */
  line(seq: number): LogLine | undefined {
    return this.#lines[seq];
  }

  /** Takes lines in any order, seen before or not. */
  receive(incoming: readonly LogLine[]): void {
    const fresh = incoming.filter(({ seq }) => this.#lines[seq] === undefined);
    if (fresh.length === 0) return;
    for (const line of fresh) this.#lines[line.seq] = line;
    const newest = fresh.reduce((seq, line) => Math.max(seq, line.seq), this.#snapshot.lineCount);
    this.#publish({ lineCount: newest, error: null });
  }

  /** The server has this many lines, whether they are here or not. */
  grow(lineCount: number): void {
    if (lineCount > this.#snapshot.lineCount) this.#publish({ lineCount });
  }

  /** These lines are looked at, ascending: fetches what of them is missing. A newer wish takes the place of one that waits. */
  want(seqs: readonly number[], level?: LogLevel): void {
    this.#wanted = { seqs, level };
    if (!this.#isFetching) void this.#fill();
  }

  async #fill(): Promise<void> {
    this.#isFetching = true;
    try {
      for (let next = this.#missing(); next !== null; next = this.#missing()) {
        const lines = await this.#fetch(next);
        this.receive(lines);
        // A server that has nothing where something was announced would be asked forever.
        if (lines.length === 0) this.#wanted = null;
      }
    } catch (error) {
      this.#wanted = null;
      this.#publish({ error });
    } finally {
      this.#isFetching = false;
    }
  }

  #missing(): LinesWanted | null {
    const { seqs, level } = this.#wanted ?? { seqs: [], level: undefined };
    const missing = seqs.filter((seq) => this.#lines[seq] === undefined);
    const [first] = missing;
    const last = missing.at(-1);
    if (first === undefined || last === undefined) return null;
    return { afterSeq: first - 1, beforeSeq: last + 1, level, limit: LINES_PER_FETCH };
  }

  #publish(change: Partial<RunLogSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change, revision: this.#snapshot.revision + 1 };
    for (const listener of this.#listeners) listener();
  }
}
