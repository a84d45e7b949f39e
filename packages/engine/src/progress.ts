import type { RunProgress, RunStage } from "@millrace/shared";

/** design.md: progress is told at most twice a second. */
const MIN_INTERVAL_MS = 500;

/** What one stream has brought so far; several streams count at once. */
export interface Tally {
  /** Both are all that the stream has brought until now. */
  advance(rows: number, bytes: number): void;
}

/** Counts what passes and tells of it, at most twice a second and once at the end of each stage. */
export class ProgressMeter {
  readonly #tell: (progress: RunProgress) => void;
  #stage: RunStage = "plan";
  #rows = 0;
  #bytes = 0;
  #totalRows: number | null = null;
  #copyStartedAt = 0;
  #copyMs = 0;
  #toldAt = -Infinity;

  constructor(tell: (progress: RunProgress) => void) {
    this.#tell = tell;
  }

  get rows(): number {
    return this.#rows;
  }

  get bytes(): number {
    return this.#bytes;
  }

  enter(stage: RunStage, totalRows: number | null = this.#totalRows): void {
    this.#stage = stage;
    this.#totalRows = totalRows;
    if (stage === "copy") this.#copyStartedAt = performance.now();
    this.#emit();
  }

  /** For one stream from its beginning. */
  tally(): Tally {
    let counted = { rows: 0, bytes: 0 };
    return {
      advance: (rows, bytes) => {
        this.#rows += rows - counted.rows;
        this.#bytes += bytes - counted.bytes;
        counted = { rows, bytes };
        if (performance.now() - this.#toldAt >= MIN_INTERVAL_MS) this.#emit();
      },
    };
  }

  finishStage(): void {
    if (this.#stage === "copy") this.#copyMs = performance.now() - this.#copyStartedAt;
    this.#emit();
  }

  #emit(): void {
    const now = performance.now();
    this.#toldAt = now;
    const copyMs = this.#copyMs || (this.#copyStartedAt === 0 ? 0 : now - this.#copyStartedAt);
    this.#tell({
      stage: this.#stage,
      rows: this.#rows,
      bytes: this.#bytes,
      rowsPerSecond: copyMs > 0 ? Math.round((this.#rows / copyMs) * 1000) : 0,
      totalRows: this.#totalRows,
    });
  }
}
