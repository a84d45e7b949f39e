import { type RunStatus, type RunTrigger } from "@millrace/shared";

/** How far back a list of runs goes. */
export const PERIODS = {
  hour: { label: "Last hour", ms: 3_600_000 },
  day: { label: "Last 24 hours", ms: 86_400_000 },
  week: { label: "Last 7 days", ms: 7 * 86_400_000 },
  month: { label: "Last 30 days", ms: 30 * 86_400_000 },
} as const;

export type Period = keyof typeof PERIODS;

export const PERIOD_NAMES = Object.keys(PERIODS) as Period[];

/** What narrows the list of runs; all of it is in the address. */
export interface RunFilters {
  readonly status?: RunStatus | undefined;
  readonly trigger?: RunTrigger | undefined;
  readonly period?: Period | undefined;
  /** One pipeline's runs alone, by its id. */
  readonly pipeline?: string | undefined;
}

/** The filters beside the status, in the words of the server. */
export const conditionsOf = ({ trigger, period, pipeline }: RunFilters, nowMs: number) => ({
  ...(trigger && { trigger }),
  ...(pipeline && { pipelineId: pipeline }),
  ...(period && { since: new Date(nowMs - PERIODS[period].ms).toISOString() }),
});
