import type { RunSamples } from "@millrace/shared";

/** Rows a second over the copy, point by point as a chart takes them. */
export interface Throughput {
  /** Seconds since the run began. */
  readonly seconds: readonly number[];
  /** The rate between the point before and this one; the first point repeats the second. */
  readonly rowsPerSecond: readonly number[];
  readonly average: number;
  readonly highest: number;
}

/** Fewer points than this are no line. */
const MIN_POINTS = 3;

/** The end of the copy is told however shortly after the last report: a stretch as short as that has no rate of its own. */
const MIN_STRETCH_MS = 100;

function spread(samples: RunSamples | null): { readonly atMs: readonly number[]; readonly rows: readonly number[] } {
  const points: { readonly ms: number; readonly rows: number }[] = [];
  for (const [index, ms] of (samples?.atMs ?? []).entries()) {
    const before = points.at(-1);
    if (before && points.length > 1 && ms - before.ms < MIN_STRETCH_MS) points.pop();
    points.push({ ms, rows: samples?.rows[index] ?? 0 });
  }
  return { atMs: points.map(({ ms }) => ms), rows: points.map((point) => point.rows) };
}

/** Null where the copy was too short to have been watched. */
export function throughputOf(samples: RunSamples | null): Throughput | null {
  const { atMs, rows } = spread(samples);
  if (atMs.length < MIN_POINTS) return null;
  const rates = atMs.slice(1).map((ms, index) => {
    const spanMs = ms - (atMs[index] ?? 0);
    return spanMs > 0 ? (((rows[index + 1] ?? 0) - (rows[index] ?? 0)) / spanMs) * 1000 : 0;
  });
  const rowsPerSecond = [rates[0] ?? 0, ...rates].map((rate) => Math.max(0, Math.round(rate)));
  const spanMs = (atMs.at(-1) ?? 0) - (atMs[0] ?? 0);
  const rowCount = (rows.at(-1) ?? 0) - (rows[0] ?? 0);
  return {
    seconds: atMs.map((ms) => ms / 1000),
    rowsPerSecond,
    average: spanMs > 0 ? Math.round((rowCount / spanMs) * 1000) : 0,
    highest: Math.max(...rowsPerSecond),
  };
}
