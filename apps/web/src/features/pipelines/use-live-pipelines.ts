import { useEffect } from "react";
import { coalesce } from "../../lib/coalesce.ts";
import { keepStreamOpen } from "../../lib/keep-stream-open.ts";
import { usePageVisible } from "../../lib/page-visibility.ts";
import { checkSession, trpc } from "../../lib/trpc.ts";

/** A run reports twice a second; lists need not follow more closely than this. */
const PAUSE_MS = 1000;

/** Keeps what is shown of pipelines and their runs current without a reload, `pipelineId` alone or all of them. */
export function useLivePipelines(pipelineId?: string): void {
  const utils = trpc.useUtils();
  const isVisible = usePageVisible();
  useEffect(() => {
    if (!isVisible) return undefined;
    const refresh = coalesce(
      () =>
        Promise.all([
          utils.pipelines.invalidate(),
          utils.runs.list.invalidate(pipelineId === undefined ? undefined : { pipelineId }),
        ]),
      PAUSE_MS,
    );
    return keepStreamOpen<{ readonly data: { readonly pipelineId: string | null } }>({
      open: (observer) => utils.client.pipelines.onChange.subscribe(undefined, observer),
      onEvent: ({ data }) => {
        if (pipelineId === undefined || data.pipelineId === null || data.pipelineId === pipelineId) refresh();
      },
      onState: () => undefined,
      onTrouble: checkSession,
    });
  }, [utils, isVisible, pipelineId]);
}
