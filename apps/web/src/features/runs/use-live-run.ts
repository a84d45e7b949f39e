import { isRunActive, type LogLine, type RunDetail } from "@millrace/shared";
import { useEffect, useState } from "react";
import { keepStreamOpen, type StreamState } from "../../lib/keep-stream-open.ts";
import { usePageVisible } from "../../lib/page-visibility.ts";
import { checkSession, trpc } from "../../lib/trpc.ts";
import { RunLogStore } from "./run-log-store.ts";

/** Why a run waits changes without a word of the run's own: workers come and go. */
const WAIT_REASON_MS = 3000;

export interface LiveRun {
  readonly run: RunDetail;
  readonly log: RunLogStore;
  /** The connection was lost and is being made again, so what is shown may be a little old. */
  readonly isReconnecting: boolean;
}

/**
 * A run and its log, kept current by one stream. The stream begins after the last line that is known, so a dropped
 * connection, a tab that comes back into sight and a reload neither lose a line nor show one twice, and a long log is not sent
 * whole. One run for the life of the component: give it a `key`.
 */
export function useLiveRun(runId: string): LiveRun {
  const utils = trpc.useUtils();
  const [run] = trpc.runs.get.useSuspenseQuery(
    { id: runId },
    { refetchInterval: ({ state }) => (state.data?.status === "pending" ? WAIT_REASON_MS : false) },
  );
  const [log] = useState(
    () =>
      new RunLogStore(run.lineCount, ({ level, ...wanted }) =>
        utils.client.runs.log.query({ id: runId, ...wanted, ...(level && { level }) }),
      ),
  );
  const [stream, setStream] = useState<StreamState>("opening");
  const isVisible = usePageVisible();
  const isWanted = isVisible && stream !== "ended" && stream !== "refused";

  useEffect(() => {
    if (!isWanted) return undefined;
    return keepStreamOpen<{ readonly data: { readonly run: RunDetail; readonly lines: readonly LogLine[] } }>({
      open: (observer) =>
        utils.client.runs.onProgress.subscribe({ id: runId, lastEventId: String(log.read().lineCount) }, observer),
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

  return { run, log, isReconnecting: stream === "reconnecting" };
}
