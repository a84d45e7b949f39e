import type { PipelineSummary } from "@millrace/shared";
import { keepPreviousData } from "@tanstack/react-query";
import { useMemo } from "react";
import { trpc } from "../../lib/trpc.ts";
import { listInputOf, type ListSearch } from "./list-search.ts";

/**
 * The pipelines of a search, in pages that follow each other. What changes comes through `useLiveList`, so nothing is loaded again
 * because time has passed: of a hundred pages that would be a hundred requests.
 */
export function usePipelineList(search: ListSearch) {
  const query = trpc.pipelines.list.useInfiniteQuery(listInputOf(search), {
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const pipelines = useMemo<PipelineSummary[]>(
    () => query.data?.pages.flatMap(({ items }) => items) ?? [],
    [query.data],
  );
  return { query, pipelines };
}
