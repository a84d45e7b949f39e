import { Database } from "lucide-react";
import { EmptyState } from "../components/ui/empty-state.tsx";
import { ListError, ListSkeleton, LoadMore } from "../components/ui/list-states.tsx";
import { PageHeader } from "../components/ui/page-header.tsx";
import { DataSourceList } from "../features/data-sources/data-source-list.tsx";
import { trpc } from "../lib/trpc.ts";

/** All data sources of the organization. */
export function DataSourcesPage() {
  const list = trpc.sources.list.useInfiniteQuery({}, { getNextPageParam: (page) => page.nextCursor });
  return (
    <>
      <PageHeader title="Data sources" />
      <div className="overflow-hidden rounded-lg border border-line bg-surface shadow-raised">
        {list.isPending ? (
          <ListSkeleton />
        ) : list.isError ? (
          <ListError error={list.error} onRetry={() => void list.refetch()} />
        ) : list.data.pages[0]?.items.length === 0 ? (
          <EmptyState icon={Database} title="No data sources yet">
            A data source is a connection to a database that pipelines read from and write to. Register one through the{" "}
            <a href="/api/docs" className="font-medium text-accent underline">
              REST API
            </a>
            .
          </EmptyState>
        ) : (
          <>
            <DataSourceList sources={list.data.pages.flatMap((page) => page.items)} />
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
