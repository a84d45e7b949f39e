import { z } from "zod";
import { escapeControls } from "./control-characters.ts";
import { Id } from "./ids.ts";

/** From the least to the most serious. */
export const LogLevel = z.enum(["debug", "info", "warn", "error"]);
export type LogLevel = z.infer<typeof LogLevel>;

/** The level and all that are more serious. */
export const levelsFrom = (level: LogLevel): LogLevel[] => LogLevel.options.slice(LogLevel.options.indexOf(level));

/** A line of a run's log. `seq` starts at 1 and has no gaps within a run, whatever number of attempts it took. */
export const LogLine = z.strictObject({
  seq: z.int().positive(),
  at: z.iso.datetime(),
  level: LogLevel,
  message: z.string(),
});
export type LogLine = z.infer<typeof LogLine>;

/** The largest page of a log that either door serves. */
export const MAX_LOG_PAGE = 1000;

const filters = {
  /** The lowest level; all lines when left out. */
  level: LogLevel.optional(),
  /** Part of a message, whatever its case. */
  search: z.string().max(200).optional(),
};

/**
 * Lines after `afterSeq`, or with `beforeSeq` the last ones before it; ascending either way. With both, only what lies
 * between them, its first lines.
 */
export const RunLogInput = z.strictObject({
  id: Id,
  ...filters,
  afterSeq: z.int().nonnegative().optional(),
  beforeSeq: z.int().positive().optional(),
  limit: z.int().min(1).max(MAX_LOG_PAGE).default(500),
});
export type RunLogInput = z.infer<typeof RunLogInput>;

/** Where in a log the lines are that a filter finds; more than this are counted but not named. */
export const MAX_LOG_MATCHES = 200_000;

export const RunLogMatchesInput = z.strictObject({
  id: Id,
  ...filters,
  /** Only lines after this one: a log that grows is looked through once. */
  afterSeq: z.int().nonnegative().default(0),
});
export type RunLogMatchesInput = z.infer<typeof RunLogMatchesInput>;

export const RunLogMatches = z.strictObject({
  /** The `seq` of each line found, ascending. */
  seqs: z.array(z.int().positive()).max(MAX_LOG_MATCHES),
  /** How far the log was looked through. */
  throughSeq: z.int().nonnegative(),
});
export type RunLogMatches = z.infer<typeof RunLogMatches>;

/** A line of text for a line of the log: no message, whatever it holds, makes two of it or passes for another (security.md S32). */
export const formatLogLine = ({ at, level, message }: LogLine): string =>
  `${at} ${level.padEnd(5)} ${escapeControls(message, { keepBreaks: false })}`;
