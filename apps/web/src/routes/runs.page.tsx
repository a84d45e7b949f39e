import { keepPreviousData } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { History, SearchX } from "lucide-react";
import { useMemo } from "react";
import { Button, buttonClass } from "../components/ui/button.tsx";
import { EmptyState } from "../components/ui/empty-state.tsx";
import { ListError, ListSkeleton, LoadMore } from "../components/ui/list-states.tsx";
import { PageHeader } from "../components/ui/page-header.tsx";
import { AllRunsTable } from "../features/runs/all-runs-table.tsx";
import { RunFilterBar } from "../features/runs/run-filter-bar.tsx";
import { conditionsOf } from "../features/runs/run-filters.ts";
import { useLiveRuns } from "../features/runs/use-live-runs.ts";
import { trpc } from "../lib/trpc.ts";

const route = getRouteApi("/shell/runs");

/** All runs of the organization, newest first; what narrows the list is in the address. */
export function RunsPage() {
  const filters = route.useSearch();
  const { status, trigger, period, pipeline } = filters;
  const navigate = useNavigate({ from: "/runs" });
  // A period is counted from the moment that it was chosen, so that the list stays the same list as time goes on.
  const conditions = useMemo(
    () => conditionsOf({ trigger, period, pipeline }, Date.now()),
    [trigger, period, pipeline],
  );
  useLiveRuns();
  const list = trpc.runs.list.useInfiniteQuery(
    { ...conditions, ...(status && { status }), withLog: false },
    { getNextPageParam: (page) => page.nextCursor, placeholderData: keepPreviousData },
  );
  const counts = trpc.runs.counts.useQuery(conditions, { placeholderData: keepPreviousData });
  const runs = list.data?.pages.flatMap((page) => page.items) ?? [];
  const isFiltered = [status, trigger, period, pipeline].some((filter) => filter !== undefined);
  return (
    <>
      <PageHeader title="Runs" />
      <RunFilterBar
        filters={filters}
        counts={counts.data}
        pipelineName={runs.find(({ pipelineId }) => pipelineId === pipeline)?.pipelineName}
        onChange={(change) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true })}
      />
      <div className="overflow-hidden rounded-lg border border-line bg-surface shadow-raised">
        {list.isPending ? (
          <ListSkeleton />
        ) : list.isError ? (
          <ListError error={list.error} onRetry={() => void list.refetch()} />
        ) : runs.length === 0 ? (
          isFiltered ? (
            <NothingFound onClear={() => void navigate({ search: {}, replace: true })} />
          ) : (
            <NoRuns />
          )
        ) : (
          <>
            <AllRunsTable runs={runs} />
            <LoadMore
              hasMore={list.hasNextPage}
              isLoading={list.isFetchingNextPage}
              onLoad={() => void list.fetchNextPage()}
            />
          </>
        )}
      </div>
    </>
  );
}

function NothingFound({ onClear }: { readonly onClear: () => void }) {
  return (
    <EmptyState icon={SearchX} title="No run matches" action={<Button onClick={onClear}>Show all runs</Button>}>
      The counts above tell how many runs there are in each state under the other filters.
    </EmptyState>
  );
}

function NoRuns() {
  return (
    <EmptyState
      icon={History}
      title="No runs yet"
      action={
        <Link to="/pipelines" className={buttonClass("primary")}>
          Go to the pipelines
        </Link>
      }
    >
      A run appears here once a pipeline was started, by hand, by its schedule or through the API.
    </EmptyState>
  );
}
