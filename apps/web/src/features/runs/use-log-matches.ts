import type { LogLevel } from "@millrace/shared";
import { useEffect, useMemo, useSyncExternalStore } from "react";
import { trpc } from "../../lib/trpc.ts";
import { LogMatches, type LogMatchesSnapshot } from "./log-matches.ts";

export interface LogFilter {
  readonly level?: LogLevel | undefined;
  readonly search?: string | undefined;
}

const NOTHING: LogMatchesSnapshot = { seqs: [], isKnown: true, error: null };
const nothing = () => NOTHING;
const never = () => () => undefined;

/** The lines of a run's log that a filter leaves, kept current as the log grows. Without a filter nothing is asked: null. */
export function useLogMatches(
  runId: string,
  lineCount: number,
  { level, search }: LogFilter,
): LogMatchesSnapshot | null {
  const utils = trpc.useUtils();
  const matches = useMemo(() => {
    if (level === undefined && search === undefined) return null;
    return new LogMatches((afterSeq) =>
      utils.client.runs.logMatches.query({ id: runId, afterSeq, ...(level && { level }), ...(search && { search }) }),
    );
  }, [utils, runId, level, search]);
  useEffect(() => matches?.lookThrough(lineCount), [matches, lineCount]);
  const snapshot = useSyncExternalStore(matches?.subscribe ?? never, matches?.read ?? nothing);
  return matches && snapshot;
}
