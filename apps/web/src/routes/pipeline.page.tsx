import { hasRole } from "@millrace/shared";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { History, Pencil, Play } from "lucide-react";
import { Breadcrumbs } from "../components/ui/breadcrumbs.tsx";
import { Button, buttonClass } from "../components/ui/button.tsx";
import { EmptyState } from "../components/ui/empty-state.tsx";
import { ListError, ListSkeleton, LoadMore } from "../components/ui/list-states.tsx";
import { PageHeader } from "../components/ui/page-header.tsx";
import { Panel } from "../components/ui/panel.tsx";
import { useSourceNames } from "../features/data-sources/use-source-names.ts";
import { PipelineConfiguration } from "../features/pipelines/pipeline-configuration.tsx";
import { PipelineStatus } from "../features/pipelines/pipeline-status.tsx";
import { ScheduleSwitch } from "../features/pipelines/schedule-switch.tsx";
import { useLivePipelines } from "../features/pipelines/use-live-pipelines.ts";
import { useRunNow } from "../features/pipelines/use-run-now.ts";
import { RunList } from "../features/runs/run-list.tsx";
import { trpc } from "../lib/trpc.ts";

const route = getRouteApi("/shell/pipelines/$pipelineId");

/** One pipeline: what it does and how its runs went. */
export function PipelinePage() {
  const { me } = route.useRouteContext();
  const { pipelineId } = route.useParams();
  const navigate = useNavigate();
  const nameOf = useSourceNames(me.role);
  const [pipeline] = trpc.pipelines.get.useSuspenseQuery({ id: pipelineId });
  const runNow = useRunNow(({ runId }) => void navigate({ to: "/runs/$runId", params: { runId } }));
  useLivePipelines(pipelineId);
  return (
    <>
      <Breadcrumbs>
        <Link to="/pipelines">Pipelines</Link>
        <span aria-current="page">{pipeline.name}</span>
      </Breadcrumbs>
      <PageHeader
        title={pipeline.name}
        status={<PipelineStatus status={pipeline.status} isPill />}
        description={pipeline.description}
        actions={
          <>
            {pipeline.schedule !== null && hasRole(me.role, "editor") && <ScheduleSwitch pipeline={pipeline} />}
            {hasRole(me.role, "editor") && (
              <Link to="/pipelines/$pipelineId/edit" params={{ pipelineId }} className={buttonClass()}>
                <Pencil aria-hidden className="size-3.5" />
                Edit
              </Link>
            )}
            {hasRole(me.role, "operator") && (
              <Button
                variant="primary"
                icon={Play}
                isBusy={runNow.startingId !== null}
                disabled={pipeline.status === "running"}
                onClick={() => runNow.start(pipelineId)}
              >
                Run now
              </Button>
            )}
          </>
        }
      />
      <div className="flex flex-col gap-5">
        <PipelineConfiguration
          pipeline={pipeline}
          from={{ sourceName: nameOf(pipeline.sourceId), table: pipeline.sourceTable }}
          to={{ sourceName: nameOf(pipeline.destinationId), table: pipeline.destinationTable }}
        />
        <Runs pipelineId={pipelineId} />
      </div>
    </>
  );
}

function Runs({ pipelineId }: { readonly pipelineId: string }) {
  const runs = trpc.runs.list.useInfiniteQuery(
    { pipelineId, limit: 20 },
    { getNextPageParam: (page) => page.nextCursor },
  );
  return (
    <Panel title="Runs" isFlush>
      {runs.isPending ? (
        <ListSkeleton />
      ) : runs.isError ? (
        <ListError error={runs.error} onRetry={() => void runs.refetch()} />
      ) : runs.data.pages[0]?.items.length === 0 ? (
        <EmptyState icon={History} title="No runs yet">
          Runs appear here once the pipeline was started, by hand or by its schedule.
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
  );
}
