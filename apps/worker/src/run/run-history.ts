import { MAX_RUN_SAMPLES, type RunProgress, RunStage, type RunSamples, type RunStageTime } from "@millrace/shared";

interface Sample {
  readonly atMs: number;
  readonly rows: number;
  readonly bytes: number;
}

/**
 * What one attempt leaves behind for a chart and a timeline: when its stages began and ended, and how far the copy was along
 * the way. The latest sample is always kept; of the others every second one is let go whenever they are too many, so a copy
 * of an hour and one of a second take the same room.
 */
export class RunHistory {
  #stages: RunStageTime[] = [];
  #samples: Sample[] = [];
  #minGapMs = 0;

  get stages(): readonly RunStageTime[] {
    return this.#stages;
  }

  /** Null before the copy. */
  get samples(): RunSamples | null {
    if (this.#samples.length === 0) return null;
    return {
      atMs: this.#samples.map(({ atMs }) => atMs),
      rows: this.#samples.map(({ rows }) => rows),
      bytes: this.#samples.map(({ bytes }) => bytes),
    };
  }

  /** Progress in a stage before the one under way means that the run begins anew, and so does its history. */
  take(progress: RunProgress, at: Date): void {
    const current = this.#stages.at(-1);
    if (current && orderOf(progress.stage) < orderOf(current.stage)) this.#begin();
    if (this.#stages.at(-1)?.stage !== progress.stage) {
      this.end(at);
      this.#stages = [...this.#stages, { stage: progress.stage, startedAt: at.toISOString(), endedAt: null }];
    }
    const startedAt = this.#stages[0]?.startedAt;
    if (progress.stage !== "copy" || startedAt === undefined) return;
    this.#sample({
      atMs: Math.max(0, at.getTime() - Date.parse(startedAt)),
      rows: progress.rows,
      bytes: progress.bytes,
    });
  }

  /** Nothing is under way any more. */
  end(at: Date): void {
    this.#stages = this.#stages.map((stage) =>
      stage.endedAt === null ? { ...stage, endedAt: at.toISOString() } : stage,
    );
  }

  #begin(): void {
    this.#stages = [];
    this.#samples = [];
    this.#minGapMs = 0;
  }

  #sample(sample: Sample): void {
    const [before, last] = this.#samples.slice(-2);
    const isTooClose = before && last && last.atMs - before.atMs < this.#minGapMs;
    this.#samples = [...(isTooClose ? this.#samples.slice(0, -1) : this.#samples), sample];
    if (this.#samples.length <= MAX_RUN_SAMPLES) return;
    const newest = this.#samples.length - 1;
    this.#samples = this.#samples.filter((_, index) => index % 2 === 0 || index === newest);
    const span = sample.atMs - (this.#samples[0]?.atMs ?? 0);
    this.#minGapMs = span / (MAX_RUN_SAMPLES / 2);
  }
}

const orderOf = (stage: RunStage): number => RunStage.options.indexOf(stage);
