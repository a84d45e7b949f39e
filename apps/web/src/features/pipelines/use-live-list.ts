import { useCallback, useEffect, useRef } from "react";
import { coalesce } from "../../lib/coalesce.ts";
import { keepStreamOpen } from "../../lib/keep-stream-open.ts";
import { usePageVisible } from "../../lib/page-visibility.ts";
import { checkSession, trpc } from "../../lib/trpc.ts";
import { missingFrom, withFresh, withNewest } from "./list-pages.ts";
import type { ListInput } from "./list-search.ts";

/** A run reports twice a second; lists need not follow more closely than this. */
const PAUSE_MS = 1000;
/** The server takes at most this many ids in one call. */
const MAX_IDS = 200;
/** So many pages are loaded again whole; of more, rows are asked for again as they come into sight. */
const FEW_PAGES = 2;

/**
 * Keeps the list current without a reload, and asks for no more than what changed. After a lost connection anything may have:
 * then each row counts as stale until it has been in sight. Returns what to call with the ids in sight.
 */
export function useLiveList(input: ListInput): (visibleIds: readonly string[]) => void {
  const utils = trpc.useUtils();
  const isVisible = usePageVisible();
  const changed = useRef(new Set<string>());
  const stale = useRef(new Set<string>());
  const inSight = useRef<readonly string[]>([]);
  const latestInput = useRef(input);
  const refresh = useRef<() => void>(() => undefined);
  useEffect(() => {
    latestInput.current = input;
  });

  useEffect(() => {
    if (!isVisible) return undefined;
    /** Null when the server could not be asked: then the ids wait for the next event, or for the stream to come back. */
    const readAgain = async (asked: ReadonlySet<string>, current: ListInput) => {
      try {
        return (await utils.client.pipelines.list.query({ ...current, limit: MAX_IDS, ids: [...asked] })).items;
      } catch {
        for (const id of asked) changed.current.add(id);
        return null;
      }
    };
    let reloadCount = 0;
    /** The whole list again. What changed while it was under way may be newer than its answer, so that is asked for once more. */
    const reload = async (current: ListInput) => {
      reloadCount += 1;
      await utils.pipelines.list.invalidate(current);
      reloadCount -= 1;
      if (changed.current.size > 0) refresh.current();
    };
    const update = async () => {
      const current = latestInput.current;
      // Before the first answer there is nothing to bring up to date; the reload that ends the wait comes back here.
      if (!utils.pipelines.list.getInfiniteData(current)) return;
      const asked = take(changed.current, MAX_IDS);
      if (asked.size === 0) return;
      void utils.pipelines.counts.invalidate();
      const items = await readAgain(asked, current);
      if (!items) return;
      const data = utils.pipelines.list.getInfiniteData(current);
      if (!data) return;
      const added = missingFrom(data, items);
      const fresh = withFresh(data, asked, items);
      const isNewestFirst = (current.sort ?? "created") === "created" && current.order !== "asc";
      const newestId = data.pages[0]?.items[0]?.id ?? "";
      const newest = isNewestFirst ? added.filter(({ id }) => id > newestId) : [];
      utils.pipelines.list.setInfiniteData(current, withNewest(fresh, newest));
      // What came in between has a place that only the server knows, unless it lies past the end of what is loaded.
      if (newest.length < added.length && data.pages.length <= FEW_PAGES) await reload(current);
      else if (reloadCount > 0) for (const id of asked) changed.current.add(id);
      else if (changed.current.size > 0) refresh.current();
    };
    refresh.current = coalesce(update, PAUSE_MS);
    const resync = async () => {
      const current = latestInput.current;
      const data = utils.pipelines.list.getInfiniteData(current);
      void utils.pipelines.counts.invalidate();
      if (!data || data.pages.length <= FEW_PAGES) return reload(current);
      stale.current = new Set(data.pages.flatMap(({ items }) => items.map(({ id }) => id)));
      for (const id of inSight.current) if (stale.current.delete(id)) changed.current.add(id);
      refresh.current();
      return undefined;
    };
    const resyncSoon = coalesce(resync, PAUSE_MS);
    return keepStreamOpen<{ readonly data: { readonly pipelineId: string | null } }>({
      open: (observer) => utils.client.pipelines.onChange.subscribe(undefined, observer),
      onEvent: ({ data: { pipelineId } }) => {
        if (pipelineId === null) return resyncSoon();
        changed.current.add(pipelineId);
        refresh.current();
      },
      onState: () => undefined,
      onTrouble: checkSession,
    });
  }, [utils, isVisible]);

  return useCallback((visibleIds) => {
    inSight.current = visibleIds;
    if (stale.current.size === 0) return;
    const due = visibleIds.filter((id) => stale.current.delete(id));
    if (due.length === 0) return;
    for (const id of due) changed.current.add(id);
    refresh.current();
  }, []);
}

function take(from: Set<string>, count: number): Set<string> {
  const taken = new Set([...from].slice(0, count));
  for (const id of taken) from.delete(id);
  return taken;
}
