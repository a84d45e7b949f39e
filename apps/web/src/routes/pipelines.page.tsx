import { hasRole } from "@millrace/shared";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useMemo, useState } from "react";
import { toast } from "sonner";
import { ListError, ListSkeleton } from "../components/ui/list-states.tsx";
import { PageHeader } from "../components/ui/page-header.tsx";
import { useSources } from "../features/data-sources/use-source-names.ts";
import { countInputOf, isNarrowed, listInputOf, type ListSearch } from "../features/pipelines/list-search.ts";
import { ListToolbar } from "../features/pipelines/list-toolbar.tsx";
import type { RowActions } from "../features/pipelines/pipeline-row.tsx";
import { PipelineTable } from "../features/pipelines/pipeline-table.tsx";
import { useBulk } from "../features/pipelines/use-bulk.ts";
import { useLiveList } from "../features/pipelines/use-live-list.ts";
import { usePipelineList } from "../features/pipelines/use-pipeline-list.ts";
import { useRunNow } from "../features/pipelines/use-run-now.ts";
import { useSelection } from "../features/pipelines/use-selection.ts";
import { useSwitchSchedule } from "../features/pipelines/use-switch-schedule.ts";
import { classNames } from "../lib/class-names.ts";
import { trpc } from "../lib/trpc.ts";
import { NewPipelineLink, NoPipelines, NothingFound } from "./pipelines-empty.tsx";

const route = getRouteApi("/shell/pipelines");

/** Seen once at most, and so no part of what every day begins with. */
const BulkBar = lazy(async () => ({ default: (await import("../features/pipelines/bulk-bar.tsx")).BulkBar }));
const DeletePipelineDialog = lazy(async () => ({
  default: (await import("../features/pipelines/delete-pipeline-dialog.tsx")).DeletePipelineDialog,
}));
const FirstRun = lazy(async () => ({ default: (await import("./first-run.tsx")).FirstRun }));

/** All pipelines of the organization; what narrows and sorts the list is in the address. */
export function PipelinesPage() {
  const { me } = route.useRouteContext();
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/pipelines" });
  const input = useMemo(() => listInputOf(search), [search]);
  const [mayRun, mayEdit] = [hasRole(me.role, "operator"), hasRole(me.role, "editor")];

  const { query, pipelines } = usePipelineList(search);
  const { data: counts } = trpc.pipelines.counts.useQuery(countInputOf(search), { placeholderData: (old) => old });
  const sources = useSources(me.role);
  const onVisible = useLiveList(input);
  const selection = useSelection(pipelines);
  const bulk = useBulk(selection.replace);
  // Undefined until the first time: the dialog is loaded then, and stays so that it can fade out.
  const [doomedId, setDoomedId] = useState<string | null>();
  const runNow = useRunNow(({ runId }) => {
    toast.success("Run started", {
      action: { label: "Watch", onClick: () => void navigate({ to: "/runs/$runId", params: { runId } }) },
    });
  });
  const switchSchedule = useSwitchSchedule(input);
  const actions = useMemo<RowActions>(
    () => ({
      runNow: mayRun ? ({ id }) => runNow.start(id) : null,
      onSelect: mayRun ? selection.select : null,
      onSwitch: mayEdit ? switchSchedule : null,
      onDelete: mayEdit ? ({ id }) => setDoomedId(id) : null,
    }),
    [mayRun, mayEdit, runNow.start, selection.select, switchSchedule],
  );
  const change = useCallback(
    (changes: ListSearch) => void navigate({ search: (old) => ({ ...old, ...changes }), replace: "search" in changes }),
    [navigate],
  );
  const { fetchNextPage, isFetchingNextPage } = query;
  const more = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, isFetchingNextPage]);
  const total = counts && (search.status ? counts[search.status] : Object.values(counts).reduce((a, b) => a + b, 0));
  const isEmpty = query.isSuccess && pipelines.length === 0;

  return (
    <>
      <PageHeader title="Pipelines" actions={mayEdit && !(isEmpty && !isNarrowed(search)) && <NewPipelineLink />} />
      {(!isEmpty || isNarrowed(search)) && (
        <ListToolbar search={search} counts={counts} sources={sources} onChange={change} />
      )}
      <div
        aria-busy={query.isPlaceholderData || undefined}
        // The head of the table stays in sight only where nothing around it is cut off.
        className={classNames(
          "rounded-lg border border-line bg-surface shadow-raised",
          pipelines.length === 0 && "overflow-hidden",
        )}
      >
        {query.isPending ? (
          <ListSkeleton />
        ) : query.isError ? (
          <ListError error={query.error} onRetry={() => void query.refetch()} />
        ) : isEmpty ? (
          isNarrowed(search) ? (
            <NothingFound
              onClear={() => void navigate({ search: ({ sort, order }) => ({ sort, order }), replace: true })}
            />
          ) : (
            <Suspense fallback={<ListSkeleton />}>
              <FirstRun role={me.role} otherwise={<NoPipelines canCreate={mayEdit} />} />
            </Suspense>
          )
        ) : (
          <PipelineTable
            pipelines={pipelines}
            totalCount={total}
            hasMore={query.hasNextPage}
            onMore={more}
            onVisible={onVisible}
            sort={search.sort}
            order={search.order}
            onSort={(sort, order) => change({ sort, order })}
            selected={selection.selected}
            onSelectAll={selection.selectAll}
            actions={actions}
            startingId={runNow.startingId}
          />
        )}
      </div>
      <Suspense>
        {selection.ids.length > 0 && (
          <BulkBar selectedIds={selection.ids} bulk={bulk} mayEdit={mayEdit} onClear={() => selection.replace([])} />
        )}
      </Suspense>
      <Suspense>
        {doomedId !== undefined && (
          <DeletePipelineDialog
            pipeline={pipelines.find(({ id }) => id === doomedId) ?? null}
            onClose={() => setDoomedId(null)}
            onDeleted={() => setDoomedId(null)}
          />
        )}
      </Suspense>
    </>
  );
}
