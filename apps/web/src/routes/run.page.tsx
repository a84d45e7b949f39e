import { hasRole, isRunActive, type Run } from "@millrace/shared";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { WifiOff } from "lucide-react";
import { Breadcrumbs } from "../components/ui/breadcrumbs.tsx";
import { PageHeader } from "../components/ui/page-header.tsx";
import { Time } from "../components/ui/time.tsx";
import { FailureCard } from "../features/runs/failure-card.tsx";
import { RunActions } from "../features/runs/run-actions.tsx";
import { RunLog } from "../features/runs/run-log.tsx";
import { RunMeter } from "../features/runs/run-meter.tsx";
import { RunStatus, runStatusWord, triggerPhrase } from "../features/runs/run-status.tsx";
import { useLiveRun } from "../features/runs/use-live-run.ts";
import { VerifiedPanel } from "../features/runs/verified-panel.tsx";
import { formatRows } from "../lib/format.ts";
import { trpc } from "../lib/trpc.ts";

const route = getRouteApi("/shell/runs/$runId");

/** One run, live: how far it is, what it says, and what it proves or why it failed. */
export function RunPage() {
  const { runId } = route.useParams();
  return <LiveRunPage key={runId} runId={runId} />;
}

function LiveRunPage({ runId }: { readonly runId: string }) {
  const { me } = route.useRouteContext();
  const { level = "debug" } = route.useSearch();
  const navigate = useNavigate({ from: "/runs/$runId" });
  const { run, lines, isReconnecting } = useLiveRun(runId);
  const [pipeline] = trpc.pipelines.get.useSuspenseQuery({ id: run.pipelineId });
  return (
    <>
      <Breadcrumbs>
        <Link to="/pipelines">Pipelines</Link>
        <Link to="/pipelines/$pipelineId" params={{ pipelineId: pipeline.id }}>
          {pipeline.name}
        </Link>
        <span aria-current="page">Run</span>
      </Breadcrumbs>
      <PageHeader
        title={`Run of ${pipeline.name}`}
        documentTitle={`${runStatusWord(run.status)}: ${pipeline.name}`}
        status={<RunStatus status={run.status} isPill />}
        description={<Circumstances run={run} />}
        actions={
          hasRole(me.role, "operator") && (
            <RunActions run={run} onRetried={(id) => void navigate({ to: "/runs/$runId", params: { runId: id } })} />
          )
        }
      />
      <p role="status" className="sr-only">
        {ANNOUNCEMENTS[run.status](run)}
      </p>
      <div className="flex flex-col gap-5">
        {run.failure && run.status === "failed" && <FailureCard failure={run.failure} runId={run.id} />}
        <RunMeter run={run} />
        {run.proof && <VerifiedPanel proof={run.proof} />}
        <RunLog
          lines={lines}
          isLive={isRunActive(run.status)}
          level={level}
          onLevelChange={(next) =>
            void navigate({ search: next === "debug" ? {} : { level: next }, replace: true, resetScroll: false })
          }
        />
      </div>
      {isReconnecting && isRunActive(run.status) && <Reconnecting />}
    </>
  );
}

function Circumstances({ run }: { readonly run: Run }) {
  return (
    <>
      Started {triggerPhrase(run.trigger).toLowerCase().replace("api", "API")}{" "}
      <Time at={run.startTime ?? run.createdAt} />
      {run.attempt > 1 && <> · attempt {run.attempt}</>}
    </>
  );
}

function Reconnecting() {
  return (
    <p
      role="status"
      className="fixed bottom-4 left-1/2 flex -translate-x-1/2 items-center gap-2 rounded-full border border-line bg-surface px-4 py-2 text-sm shadow-floating"
    >
      <WifiOff aria-hidden className="size-4 text-warn" />
      Reconnecting…
    </p>
  );
}

/** Change with the state alone, so that screen readers are told of that and not of every row. */
const ANNOUNCEMENTS: Record<Run["status"], (run: Run) => string> = {
  pending: () => "The run waits for a worker",
  running: () => "The run is under way",
  success: ({ recordsProcessed, proof }) =>
    `The run succeeded: ${formatRows(recordsProcessed)}${proof?.isVerified ? ", verified" : ""}`,
  failed: ({ failure, errorMessage }) => `The run failed: ${failure?.message ?? errorMessage ?? ""}`,
  cancelled: () => "The run was cancelled",
};
