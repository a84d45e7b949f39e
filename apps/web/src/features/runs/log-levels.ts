import type { LogLevel } from "@millrace/shared";

/** What choosing a level shows, from the most to the least; complete by its type. */
export const LOG_LEVEL_LABELS: Record<LogLevel, string> = {
  debug: "All lines",
  info: "Info and up",
  warn: "Warnings and errors",
  error: "Errors only",
};

/** From the least to the most serious. */
export const LOG_LEVELS = Object.keys(LOG_LEVEL_LABELS) as LogLevel[];
