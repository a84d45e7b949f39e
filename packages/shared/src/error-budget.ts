import { z } from "zod";

/** However large its budget, a run sets no more rows aside than this: so many are no exceptions any more. */
export const MAX_QUARANTINED_ROWS = 100_000;

/**
 * How many rows a run may set aside before it fails: a number of rows, or a share of the rows that it has read. Without either
 * it is none, and the first row that the destination refuses fails the run.
 */
export const ErrorBudget = z.strictObject({
  maxRows: z.int().min(0).max(MAX_QUARANTINED_ROWS).optional(),
  maxPercent: z.number().min(0).max(100).optional(),
});
export type ErrorBudget = z.infer<typeof ErrorBudget>;

/** Whether anything may be set aside at all. */
export const hasErrorBudget = ({ maxRows = 0, maxPercent = 0 }: ErrorBudget): boolean => maxRows > 0 || maxPercent > 0;
