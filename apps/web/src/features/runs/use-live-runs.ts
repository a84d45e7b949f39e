import { useEffect } from "react";
import { coalesce } from "../../lib/coalesce.ts";
import { keepStreamOpen } from "../../lib/keep-stream-open.ts";
import { usePageVisible } from "../../lib/page-visibility.ts";
import { checkSession, trpc } from "../../lib/trpc.ts";

/** A run reports twice a second; a list of them need not follow more closely than this. */
const PAUSE_MS = 1000;

/** Keeps lists of the organization's runs, and their counts, current without a reload. */
export function useLiveRuns(): void {
  const utils = trpc.useUtils();
  const isVisible = usePageVisible();
  useEffect(() => {
    if (!isVisible) return undefined;
    const refresh = coalesce(
      () => Promise.all([utils.runs.list.invalidate(), utils.runs.counts.invalidate()]),
      PAUSE_MS,
    );
    return keepStreamOpen({
      open: (observer) => utils.client.runs.onChange.subscribe(undefined, observer),
      onEvent: refresh,
      onState: () => undefined,
      onTrouble: checkSession,
    });
  }, [utils, isVisible]);
}
