import { hasRole } from "@millrace/shared";
import { keepPreviousData } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Plus, SearchX, Waypoints } from "lucide-react";
import { useCallback } from "react";
import { toast } from "sonner";
import { Button, buttonClass } from "../components/ui/button.tsx";
import { EmptyState } from "../components/ui/empty-state.tsx";
import { ListError, ListSkeleton, LoadMore } from "../components/ui/list-states.tsx";
import { PageHeader } from "../components/ui/page-header.tsx";
import { SearchField } from "../components/ui/search-field.tsx";
import { SelectField } from "../components/ui/select-field.tsx";
import { useSourceNames } from "../features/data-sources/use-source-names.ts";
import { PipelineList } from "../features/pipelines/pipeline-list.tsx";
import { PIPELINE_STATUSES, pipelineStatusWord } from "../features/pipelines/pipeline-status.tsx";
import { useLivePipelines } from "../features/pipelines/use-live-pipelines.ts";
import { useRunNow } from "../features/pipelines/use-run-now.ts";
import { trpc } from "../lib/trpc.ts";
import { FirstRun } from "./first-run.tsx";

const route = getRouteApi("/shell/pipelines");

const STATUS_OPTIONS = [
  { value: "all", label: "All states" },
  ...PIPELINE_STATUSES.map((value) => ({ value, label: pipelineStatusWord(value) })),
] as const;

/** All pipelines of the organization; what narrows the list is in the address. */
export function PipelinesPage() {
  const { me } = route.useRouteContext();
  const { status, search } = route.useSearch();
  const navigate = useNavigate({ from: "/pipelines" });
  const nameOf = useSourceNames(me.role);
  useLivePipelines();

  const list = trpc.pipelines.list.useInfiniteQuery(
    { ...(status && { status }), ...(search && { search }) },
    { getNextPageParam: (page) => page.nextCursor, placeholderData: keepPreviousData },
  );
  const runNow = useRunNow(({ runId }) => {
    toast.success("Run started", {
      action: { label: "Watch", onClick: () => void navigate({ to: "/runs/$runId", params: { runId } }) },
    });
  });
  const setSearch = useCallback(
    (next: string) => void navigate({ search: (old) => ({ ...old, search: next || undefined }), replace: true }),
    [navigate],
  );
  const isFiltered = status !== undefined || search !== undefined;

  return (
    <>
      <PageHeader title="Pipelines" actions={hasRole(me.role, "editor") && <NewPipelineLink />} />
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <SearchField label="Search pipelines" value={search ?? ""} onChange={setSearch} />
        <SelectField
          label="State"
          value={status ?? "all"}
          options={STATUS_OPTIONS}
          onChange={(next) =>
            void navigate({ search: (old) => ({ ...old, status: next === "all" ? undefined : next }), replace: true })
          }
        />
      </div>
      <div className="overflow-hidden rounded-lg border border-line bg-surface shadow-raised">
        {list.isPending ? (
          <ListSkeleton />
        ) : list.isError ? (
          <ListError error={list.error} onRetry={() => void list.refetch()} />
        ) : list.data.pages[0]?.items.length === 0 ? (
          isFiltered ? (
            <NothingFound onClear={() => void navigate({ search: {}, replace: true })} />
          ) : (
            <FirstRun role={me.role} otherwise={<NoPipelines canCreate={hasRole(me.role, "editor")} />} />
          )
        ) : (
          <>
            <PipelineList
              pipelines={list.data.pages.flatMap((page) => page.items)}
              nameOf={nameOf}
              runNow={hasRole(me.role, "operator") ? runNow : null}
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

function NothingFound({ onClear }: { readonly onClear: () => void }) {
  return (
    <EmptyState
      icon={SearchX}
      title="No pipeline matches"
      action={<Button onClick={onClear}>Show all pipelines</Button>}
    >
      Names and descriptions are searched, whatever their case.
    </EmptyState>
  );
}

function NoPipelines({ canCreate }: { readonly canCreate: boolean }) {
  return (
    <EmptyState icon={Waypoints} title="No pipelines yet" action={canCreate && <NewPipelineLink />}>
      A pipeline moves a table from one data source to another.
    </EmptyState>
  );
}

const NewPipelineLink = () => (
  <Link to="/pipelines/new" className={buttonClass("primary")}>
    <Plus aria-hidden className="size-3.5" />
    New pipeline
  </Link>
);
