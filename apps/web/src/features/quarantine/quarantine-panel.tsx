import { hasRole, REPLAY_REASONS, type Role, type RunDetail } from "@millrace/shared";
import { PackageCheck } from "lucide-react";
import { type ReactNode, useState } from "react";
import { EmptyState } from "../../components/ui/empty-state.tsx";
import { FormError } from "../../components/ui/form-error.tsx";
import { ListError, ListSkeleton, LoadMore } from "../../components/ui/list-states.tsx";
import { Notice } from "../../components/ui/notice.tsx";
import { Panel } from "../../components/ui/panel.tsx";
import { formatCount, formatRows } from "../../lib/format.ts";
import { trpc } from "../../lib/trpc.ts";
import { heldThatMatch } from "./matching-rows.ts";
import { QuarantineActions } from "./quarantine-actions.tsx";
import { QuarantineFilterBar } from "./quarantine-filters.tsx";
import { isOpenRow, QuarantineTable } from "./quarantine-table.tsx";
import { filtersOf, type QuarantineView } from "./quarantine-view.ts";
import { RowDialog } from "./row-dialog.tsx";
import { useQuarantineActions } from "./use-quarantine-actions.ts";

const PAGE_ROWS = 50;
/** So many ids go into one request; what is more is chosen by the filters. */
const MAX_SELECTED = 1000;

export interface QuarantinePanelProps {
  /** A run that has ended and has set rows aside. */
  readonly run: RunDetail;
  readonly role: Role;
  readonly view: QuarantineView;
  readonly onViewChange: (change: QuarantineView) => void;
  /** Called with the id of the run that replays. */
  readonly onReplayStarted: (runId: string) => void;
  readonly renderRunLink: (runId: string, label: string) => ReactNode;
}

/** The rows that a run has set aside: looked through, mended, replayed, discarded. */
export function QuarantinePanel(props: QuarantinePanelProps) {
  const { run, role, view, onViewChange, onReplayStarted, renderRunLink } = props;
  const runId = run.id;
  const maySeeRows = hasRole(role, "editor");
  const filters = filtersOf(maySeeRows ? view : { ...view, key: undefined });
  const [selectedIds, setSelectedIds] = useState<ReadonlySet<string>>(new Set());
  const fresh = { staleTime: 0, placeholderData: <Data,>(old: Data) => old };
  const summary = trpc.quarantine.summary.useQuery({ runId }, fresh);
  const list = trpc.quarantine.list.useInfiniteQuery(
    { runId, limit: PAGE_ROWS, ...filters, ...(view.aside && { state: view.aside }) },
    { ...fresh, getNextPageParam: (page) => page.nextCursor },
  );
  const actions = useQuarantineActions(onReplayStarted, () => setSelectedIds(new Set()));
  const rows = list.data?.pages.flatMap((page) => page.items) ?? [];
  const chosen = rows.filter((row) => selectedIds.has(row.id) && isOpenRow(row)).map(({ id }) => id);
  const ids = chosen.slice(0, MAX_SELECTED);
  const matching = summary.data ? heldThatMatch(summary.data, filters) : 0;
  const reason = summary.data?.replayReason ?? null;
  const held = summary.data?.states.held ?? 0;
  const isNarrowed = Object.keys(filters).length > 0;
  const canReplay = maySeeRows && reason === null;
  const selectionOf =
    chosen.length > 0
      ? { selection: { runId, ids }, count: ids.length, words: chosenWords(ids.length, ids.length < chosen.length) }
      : { selection: { runId, ...filters }, count: matching, words: isNarrowed ? "all that match" : "all held" };
  return (
    <Panel
      title="Rows set aside"
      description={`${formatRows(run.recordsFailed)} that the destination refused`}
      isFlush
      actions={
        maySeeRows &&
        selectionOf.count !== 0 && (
          <div className="flex flex-wrap gap-2">
            <QuarantineActions {...selectionOf} canReplay={canReplay} actions={actions} />
          </div>
        )
      }
    >
      {summary.data && (
        <QuarantineFilterBar summary={summary.data} view={view} maySeeRows={maySeeRows} onViewChange={onViewChange} />
      )}
      {reason !== null && held > 0 && (
        <div className="border-b border-line p-3">
          <Notice tone="neutral" title={`The rows cannot be replayed: ${REPLAY_REASONS[reason]}`} />
        </div>
      )}
      {(actions.replay.error ?? actions.discard.error) && (
        <div className="border-b border-line p-3">
          <FormError error={actions.replay.error ?? actions.discard.error} />
        </div>
      )}
      {list.isPending ? (
        <ListSkeleton />
      ) : list.isError ? (
        <ListError error={list.error} onRetry={() => void list.refetch()} />
      ) : rows.length === 0 ? (
        <EmptyState icon={PackageCheck} title="No such row">
          None of the rows that the run has set aside matches. Take a filter away to see the others.
        </EmptyState>
      ) : (
        <>
          <QuarantineTable
            rows={rows}
            maySeeRows={maySeeRows}
            selectedIds={selectedIds}
            onSelect={(id, isSelected) =>
              setSelectedIds((old) => new Set(isSelected ? [...old, id] : [...old].filter((each) => each !== id)))
            }
            onOpen={(row) => onViewChange({ row })}
          />
          <LoadMore
            hasMore={list.hasNextPage}
            isLoading={list.isFetchingNextPage}
            onLoad={() => void list.fetchNextPage()}
          />
        </>
      )}
      {maySeeRows && view.row !== undefined && (
        <RowDialog
          key={view.row}
          runId={runId}
          rowId={view.row}
          canReplay={canReplay}
          onClose={() => onViewChange({ row: undefined })}
          onReplayStarted={onReplayStarted}
          renderRunLink={renderRunLink}
        />
      )}
    </Panel>
  );
}

const chosenWords = (count: number, isCut: boolean): string =>
  count === 1 ? "the chosen row" : `the ${isCut ? "first " : ""}${formatCount(count)} chosen rows`;
