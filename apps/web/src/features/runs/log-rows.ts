import { placeOf } from "./log-matches.ts";

/** The lines that are shown, by their place in the list. */
export interface LogRows {
  readonly count: number;
  readonly seqAt: (index: number) => number;
  /** Where the line is, or where it would be. */
  readonly indexOf: (seq: number) => number;
}

/** A log without a filter: `seq` starts at 1 and has no gaps. */
export const allRows = (lineCount: number): LogRows => ({
  count: lineCount,
  seqAt: (index) => index + 1,
  indexOf: (seq) => Math.min(seq - 1, lineCount - 1),
});

/** Some lines of a log, ascending. */
export const rowsOf = (seqs: readonly number[]): LogRows => ({
  count: seqs.length,
  seqAt: (index) => seqs[index] ?? 0,
  indexOf: (seq) => Math.min(placeOf(seqs, seq), seqs.length - 1),
});
