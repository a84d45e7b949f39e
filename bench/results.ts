import type { Contender } from "./contenders/contender.ts";
import type { Measurement } from "./measure.ts";

const HEADER = ["contender", "wall s", "rows/s", "ratio", "client CPU s", "server CPU s", "peak RSS MB"];

/** Medians over the rounds. The ratio is to the first contender's speed, taken round by round. */
export function printResults(results: ReadonlyMap<Contender, readonly Measurement[]>, rowCount: number): void {
  const [baseline] = results.values();
  const rows = [...results].map(([{ description }, measurements]) => {
    const wallSeconds = median(measurements.map((one) => one.wallSeconds));
    const ratios = measurements.map((one, round) => (baseline?.[round]?.wallSeconds ?? Number.NaN) / one.wallSeconds);
    return [
      description,
      wallSeconds.toFixed(2),
      Math.round(rowCount / wallSeconds).toLocaleString("en-US"),
      median(ratios).toFixed(2),
      figure(measurements.map((one) => one.cpuSeconds)),
      figure(measurements.map((one) => one.serverCpuSeconds)),
      figure(
        measurements.map((one) => one.peakRssBytes && one.peakRssBytes / 1e6),
        0,
      ),
    ];
  });
  const widths = HEADER.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  console.log();
  for (const row of [HEADER, ...rows]) {
    console.log(
      row.map((cell, column) => (column ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[0] ?? 0))).join("  "),
    );
  }
}

function figure(values: readonly (number | null)[], digits = 2): string {
  const known = values.filter((value) => value !== null);
  return known.length > 0 ? median(known).toFixed(digits) : "–";
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
