import { Cron } from "croner";
import { z } from "zod";
import { AppError } from "./errors.ts";
import { scheduleSentence } from "./schedule-sentence.ts";

/**
 * Schedule maths: one engine for the form's preview and for the scheduler, since cron libraries disagree at the gaps and
 * folds of daylight saving. A schedule has five fields, so one minute is the closest that two fires can be.
 */

/** The longest expression that is looked at, so that a hostile one costs nothing (security.md S36). */
const MAX_EXPRESSION_LENGTH = 200;

/** A time of day in the hour that spring skips fires once, as much after the gap as it lies in it; one that autumn repeats, once. */
function compile(expression: string, timezone: string): Cron {
  if (expression.length > MAX_EXPRESSION_LENGTH) throw invalid("it is longer than 200 characters");
  if (!isTimezone(timezone)) throw invalid(`${timezone.slice(0, 60)} is not a time zone`);
  if (expression.trim().split(/\s+/).length !== 5) throw invalid("it does not have five fields");
  try {
    return new Cron(expression.trim(), { timezone, mode: "5-part", paused: true });
  } catch (error) {
    throw new AppError("SCHEDULE_INVALID", { params: { reason: reasonOf(error) }, cause: error });
  }
}

const invalid = (reason: string) => new AppError("SCHEDULE_INVALID", { params: { reason } });

const reasonOf = (error: unknown) =>
  error instanceof Error ? error.message.replace(/^CronPattern: /, "").replace(/\.$/, "") : "it cannot be read";

/** Whether the runtime knows the IANA zone. */
export function isTimezone(timezone: string): boolean {
  try {
    return Intl.DateTimeFormat("en", { timeZone: timezone }).resolvedOptions().timeZone.length > 0;
  } catch {
    return false;
  }
}

/** Throws `SCHEDULE_INVALID` with the reason: not five fields, an unknown zone, or a date that never comes (30 February). */
export function assertSchedule(expression: string, timezone: string): void {
  if (compile(expression, timezone).nextRun() === null) throw invalid("it never fires");
}

/** The next `count` fires strictly after `after`, ascending, in UTC. Fewer when the schedule ends. */
export function nextFires(expression: string, timezone: string, after: Date, count: number): Date[] {
  return compile(expression, timezone).nextRuns(count, after);
}

/** The next fire strictly after `after`, or null when there is none. */
export function nextFire(expression: string, timezone: string, after: Date): Date | null {
  return nextFires(expression, timezone, after, 1)[0] ?? null;
}

/** The schedule as an English sentence, for example "At 02:30". Throws `SCHEDULE_INVALID`. */
export function describeSchedule(expression: string, timezone: string): string {
  assertSchedule(expression, timezone);
  return scheduleSentence(expression);
}

export const Timezone = z.string().max(60).refine(isTimezone, "is not a known time zone");

/** A cron expression of five fields; its zone is checked where both are at hand. */
export const Schedule = z
  .string()
  .trim()
  .max(MAX_EXPRESSION_LENGTH)
  .superRefine((expression, context) => {
    try {
      assertSchedule(expression, "UTC");
    } catch (error) {
      context.addIssue({ code: "custom", message: error instanceof AppError ? error.message : "is not a schedule" });
    }
  });
