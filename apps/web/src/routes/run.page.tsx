import { hasRole, isComparison, isRunActive, type RunDetail, type RunTrigger } from "@millrace/shared";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { ShieldCheck, WifiOff } from "lucide-react";
import { lazy, Suspense, useCallback, useRef } from "react";
import { Breadcrumbs } from "../components/ui/breadcrumbs.tsx";
import { Button } from "../components/ui/button.tsx";
import { Notice } from "../components/ui/notice.tsx";
import { PageHeader } from "../components/ui/page-header.tsx";
import { Skeleton } from "../components/ui/skeleton.tsx";
import { useVerifyNow } from "../features/pipelines/use-verify-now.ts";
import { ChangesPanel } from "../features/runs/changes-panel.tsx";
import { CursorPanel } from "../features/runs/cursor-panel.tsx";
import { FailureCard } from "../features/runs/failure-card.tsx";
import { RunActions } from "../features/runs/run-actions.tsx";
import { RunCircumstances } from "../features/runs/run-circumstances.tsx";
import { RunLog } from "../features/runs/run-log.tsx";
import { RunMeter } from "../features/runs/run-meter.tsx";
import { RunStatus, runStatusWord } from "../features/runs/run-status.tsx";
import { SchemaPanel } from "../features/runs/schema-panel.tsx";
import { ThroughputPanel } from "../features/runs/throughput-panel.tsx";
import { UndoRun } from "../features/runs/undo-run.tsx";
import type { RunView } from "../features/runs/run-view.ts";
import { useLiveRun } from "../features/runs/use-live-run.ts";
import { VerifiedPanel } from "../features/runs/verified-panel.tsx";
import { WaitNotice } from "../features/runs/wait-notice.tsx";
import type { QuarantineView } from "../features/quarantine/quarantine-view.ts";
import { formatCount, formatRows } from "../lib/format.ts";

/** Few runs verify, repair or fail for what arrived, so the others are spared it. */
const ComparisonPanel = lazy(async () => ({
  default: (await import("../features/runs/comparison-panel.tsx")).ComparisonPanel,
}));

/** So are those that set no row aside. */
const QuarantinePanel = lazy(async () => ({
  default: (await import("../features/quarantine/quarantine-panel.tsx")).QuarantinePanel,
}));

const route = getRouteApi("/shell/runs/$runId");

/** One run, live: how far it is, what it says, and what it proves or why it failed. */
export function RunPage() {
  const { runId } = route.useParams();
  return <LiveRunPage key={runId} runId={runId} />;
}

function LiveRunPage({ runId }: { readonly runId: string }) {
  const { me } = route.useRouteContext();
  const view = route.useSearch();
  const navigate = useNavigate({ from: "/runs/$runId" });
  const { run, log, isReconnecting } = useLiveRun(runId);
  const changeView = useCallback(
    (change: RunView & QuarantineView) =>
      void navigate({ search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false }),
    [navigate],
  );
  const { differs } = view;
  const openRun = (id: string) => void navigate({ to: "/runs/$runId", params: { runId: id } });
  const verifyNow = useVerifyNow(({ runId: started }) => openRun(started));
  const logPlace = useRef<HTMLDivElement>(null);
  const showErrors = () => {
    changeView({ level: "error" });
    logPlace.current?.scrollIntoView();
  };
  return (
    <>
      <Breadcrumbs>
        <Link to="/runs">Runs</Link>
        <Link to="/pipelines/$pipelineId" params={{ pipelineId: run.pipelineId }}>
          {run.pipelineName}
        </Link>
        <span aria-current="page">Run</span>
      </Breadcrumbs>
      <PageHeader
        title={titleOf(run)}
        documentTitle={`${runStatusWord(run.status)}: ${run.pipelineName}`}
        status={<RunStatus status={run.status} isPill />}
        description={<RunCircumstances run={run} />}
        actions={
          <>
            {hasRole(me.role, "editor") && <UndoRun run={run} onStarted={openRun} />}
            {hasRole(me.role, retryRole(run)) && <RunActions run={run} onRetried={openRun} />}
          </>
        }
      />
      <p role="status" className="sr-only">
        {ANNOUNCEMENTS[run.status](run)}
      </p>
      <div className="flex flex-col gap-5">
        {run.failure && run.status === "failed" && (
          <FailureCard failure={run.failure} run={run} onShowLog={showErrors} />
        )}
        {run.waitReason && <WaitNotice reason={run.waitReason} />}
        {run.status === "cancelled" && (
          <Notice tone="neutral" title="The run was cancelled">
            The destination is as it was before the run. Retry starts it again from the beginning.
          </Notice>
        )}
        {run.undoneBy !== null && <UndoneNotice by={run.undoneBy} />}
        {run.schema && (
          <SchemaPanel
            report={run.schema}
            acceptLink={
              <Link
                to="/pipelines/$pipelineId"
                params={{ pipelineId: run.pipelineId }}
                className="font-medium text-accent hover:underline"
              >
                See it on the pipeline's page
              </Link>
            }
          />
        )}
        <RunMeter run={run} />
        {!isComparison(run.trigger) && <ThroughputPanel run={run} />}
        {run.proof?.changes && <ChangesPanel changes={run.proof.changes} />}
        {hasRole(me.role, "editor") && <CursorPanel run={run} />}
        {run.proof && <VerifiedPanel run={run} proof={run.proof} />}
        {run.recordsFailed > 0 && !isRunActive(run.status) && (
          <Suspense fallback={<Skeleton className="h-40 w-full" />}>
            <QuarantinePanel
              run={run}
              role={me.role}
              view={view}
              onViewChange={changeView}
              onReplayStarted={openRun}
              renderRunLink={(id, label) => <RunLink id={id}>{label}</RunLink>}
            />
          </Suspense>
        )}
        {hasCompared(run) && !isRunActive(run.status) && (
          <Suspense fallback={<Skeleton className="h-40 w-full" />}>
            <ComparisonPanel
              run={run}
              role={me.role}
              kind={differs}
              onKindChange={(kind) => changeView({ differs: kind })}
              onRepairStarted={openRun}
              renderRunLink={(id, label) => <RunLink id={id}>{label}</RunLink>}
              verifyAgain={
                hasRole(me.role, "operator") && (
                  <Button
                    size="small"
                    icon={ShieldCheck}
                    isBusy={verifyNow.isStarting}
                    onClick={() => verifyNow.start(run.pipelineId)}
                  >
                    Verify again
                  </Button>
                )
              }
            />
          </Suspense>
        )}
        <div ref={logPlace} className="scroll-mt-4">
          <RunLog runId={run.id} log={log} isLive={isRunActive(run.status)} view={view} onViewChange={changeView} />
        </div>
      </div>
      {isReconnecting && isRunActive(run.status) && <Reconnecting />}
    </>
  );
}

/** What a load had brought is compared with what it had read, and only where they differ is there more to say of it. */
const hasCompared = ({ trigger, failure }: RunDetail) =>
  trigger === "verify" || trigger === "repair" || failure?.code === "DIGEST_MISMATCH";

/** What only editors may start, nobody else may start again. */
const retryRole = ({ trigger }: RunDetail) => (["undo", "repair", "replay"].includes(trigger) ? "editor" : "operator");

const RunLink = ({ id, children }: { readonly id: string; readonly children: string }) => (
  <Link to="/runs/$runId" params={{ runId: id }} className="font-medium text-accent hover:underline">
    {children}
  </Link>
);

function UndoneNotice({ by }: { readonly by: string }) {
  return (
    <Notice tone="neutral" title="This run was undone">
      The table from before it is in its place again, by <RunLink id={by}>another run</RunLink>.
    </Notice>
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

const TITLES: Partial<Record<RunTrigger, string>> = { verify: "Verification", repair: "Repair", replay: "Replay" };

function titleOf({ trigger, pipelineName }: RunDetail): string {
  const what = TITLES[trigger] ?? "Run";
  return `${what} of ${pipelineName}`;
}

/** Change with the state alone, so that screen readers are told of that and not of every row. */
const ANNOUNCEMENTS: Record<RunDetail["status"], (run: RunDetail) => string> = {
  pending: () => "The run waits for a worker",
  running: () => "The run is under way",
  success: ({ trigger, recordsProcessed, recordsFailed, proof }) =>
    trigger === "verify"
      ? "The run succeeded: both ends are equal"
      : `The run succeeded: ${formatRows(recordsProcessed)}${recordsFailed > 0 ? `, ${formatCount(recordsFailed)} set aside` : ""}${proof?.isVerified ? ", verified" : ""}`,
  failed: ({ failure, errorMessage }) => `The run failed: ${failure?.message ?? errorMessage ?? ""}`,
  cancelled: () => "The run was cancelled",
};
