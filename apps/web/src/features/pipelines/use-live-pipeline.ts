import { useEffect } from "react";
import { coalesce } from "../../lib/coalesce.ts";
import { keepStreamOpen } from "../../lib/keep-stream-open.ts";
import { usePageVisible } from "../../lib/page-visibility.ts";
import { checkSession, trpc } from "../../lib/trpc.ts";

/** A run reports twice a second; a page need not follow more closely than this. */
const PAUSE_MS = 1000;

/** Keeps what is shown of one pipeline, its runs and its history current without a reload. */
export function useLivePipeline(pipelineId: string, { isPaused = false } = {}): void {
  const utils = trpc.useUtils();
  const isVisible = usePageVisible();
  useEffect(() => {
    if (!isVisible || isPaused) return undefined;
    const refresh = coalesce(
      () =>
        Promise.all([
          utils.pipelines.get.invalidate({ id: pipelineId }),
          utils.pipelines.history.invalidate({ id: pipelineId }),
          utils.runs.list.invalidate({ pipelineId }),
          utils.runs.counts.invalidate({ pipelineId }),
        ]),
      PAUSE_MS,
    );
    return keepStreamOpen<{ readonly data: { readonly pipelineId: string | null } }>({
      open: (observer) => utils.client.pipelines.onChange.subscribe(undefined, observer),
      onEvent: ({ data }) => {
        if (data.pipelineId === null || data.pipelineId === pipelineId) refresh();
      },
      onState: () => undefined,
      onTrouble: checkSession,
    });
  }, [utils, isVisible, isPaused, pipelineId]);
}
