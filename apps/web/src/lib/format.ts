/** How numbers, amounts and times are written. The app speaks English, so the shapes do not follow the browser's language; the time zone does. */

const COUNT = new Intl.NumberFormat("en");
const ONE_DIGIT = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** `1,234,567`. */
export const formatCount = (count: number): string => COUNT.format(count);

/** `1 row`, `2 rows`. */
export const formatRows = (count: number): string => `${formatCount(count)} ${count === 1 ? "row" : "rows"}`;

/** Decimal units, one digit past the point under ten: `9.4 MB`, `128 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 999.5 would round to 1,000 of its unit.
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const text = unit > 0 && value < 9.95 ? ONE_DIGIT.format(value) : COUNT.format(Math.round(value));
  return `${text} ${BYTE_UNITS[unit]}`;
}

/** `12,300 rows/s`; under ten with one digit past the point. */
export function formatRate(rowsPerSecond: number): string {
  const text = rowsPerSecond < 9.95 ? ONE_DIGIT.format(rowsPerSecond) : COUNT.format(Math.round(rowsPerSecond));
  return `${text} rows/s`;
}

/** Two units at most: `0.4 s`, `12 s`, `3 min 04 s`, `2 h 05 min`, `3 d 4 h`. Negative spans, from clocks that differ, are `0 s`. */
export function formatDuration(durationMs: number): string {
  if (durationMs <= 0) return "0 s";
  if (durationMs < 9_950) return `${ONE_DIGIT.format(Math.max(durationMs, 100) / SECOND_MS)} s`;
  const seconds = Math.round(durationMs / SECOND_MS);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${twoDigits(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${twoDigits(minutes % 60)} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** As `formatDuration`, without tenths: what counts up before one's eyes. */
export const formatElapsed = (elapsedMs: number): string =>
  elapsedMs < 9_950 ? `${Math.max(0, Math.floor(elapsedMs / SECOND_MS))} s` : formatDuration(elapsedMs);

const twoDigits = (value: number): string => String(value).padStart(2, "0");

/** `just now`, `5 min ago`, `3 d ago`, `in 2 h`; further than a week away the date. `tense` decides about this very moment. */
export function formatRelative(at: Date, now: Date, tense: "past" | "future"): string {
  const distanceMs = at.getTime() - now.getTime();
  const awayMs = Math.abs(distanceMs);
  if (awayMs < 45 * SECOND_MS) return tense === "future" ? "in a moment" : "just now";
  if (awayMs >= 7 * DAY_MS) return formatDate(at);
  const span = spanOf(awayMs);
  return distanceMs > 0 ? `in ${span}` : `${span} ago`;
}

function spanOf(awayMs: number): string {
  if (awayMs < 59.5 * MINUTE_MS) return `${Math.max(1, Math.round(awayMs / MINUTE_MS))} min`;
  if (awayMs < 23.5 * HOUR_MS) return `${Math.round(awayMs / HOUR_MS)} h`;
  return `${Math.round(awayMs / DAY_MS)} d`;
}

const dateFormat = (options: Intl.DateTimeFormatOptions) => {
  const formats = new Map<string | undefined, Intl.DateTimeFormat>();
  return (at: Date, timeZone?: string): string => {
    const format =
      formats.get(timeZone) ?? new Intl.DateTimeFormat("en-GB", { ...options, ...(timeZone && { timeZone }) });
    formats.set(timeZone, format);
    return format.format(at);
  };
};

/** `23 Nov 2026`, in the browser's zone unless another is named. */
export const formatDate = dateFormat({ day: "numeric", month: "short", year: "numeric" });

/** `23 Nov 2026, 14:05:09`. */
export const formatDateTime = dateFormat({ dateStyle: "medium", timeStyle: "medium" });

/** `14:05:09`. */
export const formatTimeOfDay = dateFormat({ timeStyle: "medium" });

/** Asked for once: a list of a thousand moments would ask a thousand times. */
let ownZone: string | undefined;

/** The moment in the browser's zone and in UTC: what stands behind a relative time. */
export function formatExactly(at: Date): string {
  ownZone ??= Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zone = ownZone;
  const utc = `${formatDateTime(at, "UTC")} UTC`;
  return zone === "UTC" ? utc : `${formatDateTime(at)} ${zone} · ${utc}`;
}
