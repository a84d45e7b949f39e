import { isRunActive, type LogLine, type RunDetail } from "@millrace/shared";
import { useEffect, useState, useSyncExternalStore } from "react";
import { keepStreamOpen, type StreamState } from "../../lib/keep-stream-open.ts";
import { usePageVisible } from "../../lib/page-visibility.ts";
import { checkSession, trpc } from "../../lib/trpc.ts";
import { RunLogStore } from "./run-log-store.ts";

const LINES_PER_FETCH = 1000;

export interface LiveRun {
  readonly run: RunDetail;
  readonly lines: readonly LogLine[];
  /** The connection was lost and is being made again, so what is shown may be a little old. */
  readonly isReconnecting: boolean;
}

/**
 * A run and its whole log, kept current by one stream. The stream begins after the last line that is here, so a dropped
 * connection, a tab that comes back into sight and a reload neither lose a line nor show one twice. One run for the life of
 * the component: give it a `key`.
 */
export function useLiveRun(runId: string): LiveRun {
  const utils = trpc.useUtils();
  const [run] = trpc.runs.get.useSuspenseQuery({ id: runId });
  const [log] = useState(
    () => new RunLogStore((afterSeq) => utils.client.runs.log.query({ id: runId, afterSeq, limit: LINES_PER_FETCH })),
  );
  const { lines } = useSyncExternalStore(log.subscribe, log.read);
  const [stream, setStream] = useState<StreamState>("opening");
  const isVisible = usePageVisible();
  const isWanted = isVisible && stream !== "ended" && stream !== "refused";

  useEffect(() => {
    if (!isWanted) return undefined;
    return keepStreamOpen<{ readonly data: { readonly run: RunDetail; readonly lines: readonly LogLine[] } }>({
      open: (observer) =>
        utils.client.runs.onProgress.subscribe(
          { id: runId, lastEventId: log.lastSeq > 0 ? String(log.lastSeq) : null },
          observer,
        ),
      onEvent: ({ data }) => {
        utils.runs.get.setData({ id: runId }, data.run);
        log.receive(data.lines);
      },
      onState: setStream,
      onTrouble: checkSession,
    });
  }, [isWanted, utils, runId, log]);

  const isActive = isRunActive(run.status);
  const pipelineId = run.pipelineId;
  useEffect(() => {
    // The pipeline's own state follows its run's.
    void utils.pipelines.invalidate();
    void utils.runs.list.invalidate({ pipelineId });
  }, [utils, isActive, pipelineId]);

  return { run, lines, isReconnecting: stream === "reconnecting" };
}
