import { hasRole } from "@millrace/shared";
import { keepPreviousData } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Database, Plus, SearchX } from "lucide-react";
import { useCallback } from "react";
import { Button, buttonClass } from "../components/ui/button.tsx";
import { EmptyState } from "../components/ui/empty-state.tsx";
import { ListError, ListSkeleton, LoadMore } from "../components/ui/list-states.tsx";
import { PageHeader } from "../components/ui/page-header.tsx";
import { SearchField } from "../components/ui/search-field.tsx";
import { DataSourceList } from "../features/data-sources/data-source-list.tsx";
import { trpc } from "../lib/trpc.ts";

const route = getRouteApi("/shell/data-sources");

/** Newest first. */
const DEFAULT_ORDER = "-created";

/** All data sources of the organization; what narrows and orders the list is in the address. */
export function DataSourcesPage() {
  const { me } = route.useRouteContext();
  const { search, order = DEFAULT_ORDER } = route.useSearch();
  const navigate = route.useNavigate();
  const list = trpc.sources.list.useInfiniteQuery(
    { order, ...(search && { search }) },
    { getNextPageParam: (page) => page.nextCursor, placeholderData: keepPreviousData },
  );
  const setSearch = useCallback(
    (next: string) => void navigate({ search: (old) => ({ ...old, search: next || undefined }), replace: true }),
    [navigate],
  );
  const canCreate = hasRole(me.role, "admin");
  const isEmpty = list.data?.pages[0]?.items.length === 0;
  return (
    <>
      <PageHeader title="Data sources" actions={canCreate && <NewDataSource />} />
      {(!isEmpty || search !== undefined) && (
        <div className="mb-3">
          <SearchField label="Search data sources" value={search ?? ""} onChange={setSearch} />
        </div>
      )}
      <div className="overflow-hidden rounded-lg border border-line bg-surface shadow-raised">
        {list.isPending ? (
          <ListSkeleton />
        ) : list.isError ? (
          <ListError error={list.error} onRetry={() => void list.refetch()} />
        ) : isEmpty && search !== undefined ? (
          <EmptyState
            icon={SearchX}
            title="No data source matches"
            action={<Button onClick={() => void navigate({ search: {}, replace: true })}>Show all data sources</Button>}
          >
            Names, hosts and databases are searched, whatever their case.
          </EmptyState>
        ) : isEmpty ? (
          <EmptyState icon={Database} title="No data sources yet" action={canCreate && <NewDataSource />}>
            A data source is a connection to a database that pipelines read from and write to.{" "}
            {canCreate ? "Connect the first one to move tables." : "An admin of the organization can connect one."}
          </EmptyState>
        ) : (
          <>
            <DataSourceList
              sources={list.data.pages.flatMap((page) => page.items)}
              order={order}
              onOrder={(next) =>
                void navigate({
                  search: (old) => ({ ...old, order: next === DEFAULT_ORDER ? undefined : next }),
                  replace: true,
                })
              }
            />
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

function NewDataSource() {
  return (
    <Link to="/data-sources/new" className={buttonClass("primary")}>
      <Plus aria-hidden className="size-3.5" />
      New data source
    </Link>
  );
}
