import type { RunStatus } from "@millrace/shared";
import { History } from "lucide-react";
import { EmptyState } from "../components/ui/empty-state.tsx";
import { ListError, ListSkeleton, LoadMore } from "../components/ui/list-states.tsx";
import { Panel } from "../components/ui/panel.tsx";
import { SegmentedFilter } from "../components/ui/segmented-filter.tsx";
import { HistoryPanel } from "../features/runs/history-panel.tsx";
import { RunList } from "../features/runs/run-list.tsx";
import { RUN_STATUSES, runStatusWord } from "../features/runs/run-status.tsx";
import { trpc } from "../lib/trpc.ts";

/** So many runs are drawn in the chart. */
const CHARTED_RUNS = 50;
const ANY = "any";

export interface PipelineRunsProps {
  readonly pipelineId: string;
  readonly status: RunStatus | undefined;
  readonly onStatusChange: (status: RunStatus | undefined) => void;
}

/** The runs of a pipeline: the last ones as a chart, and all of them as a list. */
export function PipelineRuns({ pipelineId, status, onStatusChange }: PipelineRunsProps) {
  const charted = trpc.runs.list.useQuery({ pipelineId, limit: CHARTED_RUNS, withLog: false });
  const { data: counts } = trpc.runs.counts.useQuery({ pipelineId });
  const runs = trpc.runs.list.useInfiniteQuery(
    { pipelineId, limit: 20, withLog: false, ...(status && { status }) },
    { getNextPageParam: (page) => page.nextCursor, placeholderData: (old) => old },
  );
  const total = counts && Object.values(counts).reduce((sum, count) => sum + count, 0);
  return (
    <div className="flex flex-col gap-5">
      {charted.data && <HistoryPanel runs={charted.data.items} />}
      <Panel
        title="Runs"
        isFlush
        actions={
          <SegmentedFilter<RunStatus | typeof ANY>
            label="State of the runs"
            value={status ?? ANY}
            options={[
              { value: ANY, label: "All", count: total },
              ...RUN_STATUSES.filter((each) => each === status || (counts?.[each] ?? 0) > 0).map((value) => ({
                value,
                label: runStatusWord(value),
                count: counts?.[value],
              })),
            ]}
            onChange={(next) => onStatusChange(next === ANY ? undefined : next)}
          />
        }
      >
        {runs.isPending ? (
          <ListSkeleton />
        ) : runs.isError ? (
          <ListError error={runs.error} onRetry={() => void runs.refetch()} />
        ) : runs.data.pages[0]?.items.length === 0 ? (
          <EmptyState icon={History} title={status ? "No such run" : "No runs yet"}>
            {status
              ? `None of the runs is in the state “${runStatusWord(status)}”.`
              : "Runs appear here once the pipeline was started, by hand or by its schedule."}
          </EmptyState>
        ) : (
          <>
            <RunList runs={runs.data.pages.flatMap((page) => page.items)} />
            <LoadMore
              hasMore={runs.hasNextPage}
              isLoading={runs.isFetchingNextPage}
              onLoad={() => void runs.fetchNextPage()}
            />
          </>
        )}
      </Panel>
    </div>
  );
}
