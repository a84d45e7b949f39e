import { hasRole } from "@millrace/shared";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { EllipsisVertical, History, Pencil, Play, ShieldCheck, Trash2 } from "lucide-react";
import { useState } from "react";
import { Breadcrumbs } from "../components/ui/breadcrumbs.tsx";
import { Button, buttonClass, IconButton } from "../components/ui/button.tsx";
import { Menu, MenuItem } from "../components/ui/menu.tsx";
import { PageHeader } from "../components/ui/page-header.tsx";
import { TabLink, Tabs } from "../components/ui/tabs.tsx";
import { useSourceNames } from "../features/data-sources/use-source-names.ts";
import { BackfillDialog } from "../features/pipelines/backfill-dialog.tsx";
import { DeletePipelineDialog } from "../features/pipelines/delete-pipeline-dialog.tsx";
import { PIPELINE_TABS, type PipelineTab } from "../features/pipelines/page-search.ts";
import { PipelineConfiguration } from "../features/pipelines/pipeline-configuration.tsx";
import { PipelineHistory } from "../features/pipelines/pipeline-history.tsx";
import { PipelineSettings } from "../features/pipelines/pipeline-settings.tsx";
import { PipelineStatus } from "../features/pipelines/pipeline-status.tsx";
import { ScheduleSwitch } from "../features/pipelines/schedule-switch.tsx";
import { useLivePipeline } from "../features/pipelines/use-live-pipeline.ts";
import { useVerifyNow } from "../features/pipelines/use-verify-now.ts";
import { useRunNow } from "../features/pipelines/use-run-now.ts";
import { WaitingSchema } from "../features/pipelines/waiting-schema.tsx";
import { trpc } from "../lib/trpc.ts";
import { PipelinePlan } from "./pipeline-plan.tsx";
import { PipelineRuns } from "./pipeline-runs.tsx";

const route = getRouteApi("/shell/pipelines/$pipelineId");

const TAB_WORDS: Record<PipelineTab, string> = {
  runs: "Runs",
  plan: "Plan",
  configuration: "Configuration",
  history: "History",
  settings: "Settings",
};

/** One pipeline: how its runs went, what it does, who changed it. The part that shows is in the address. */
export function PipelinePage() {
  const { me } = route.useRouteContext();
  const { pipelineId } = route.useParams();
  const { tab: asked = "runs", status } = route.useSearch();
  const navigate = useNavigate();
  const nameOf = useSourceNames(me.role);
  const [pipeline] = trpc.pipelines.get.useSuspenseQuery({ id: pipelineId });
  const openRun = ({ runId }: { readonly runId: string }) => void navigate({ to: "/runs/$runId", params: { runId } });
  const runNow = useRunNow(openRun);
  const verifyNow = useVerifyNow(openRun);
  const [isBackfilling, setIsBackfilling] = useState(false);
  const [isDeleting, setIsDeleting] = useState(false);
  // Once it is gone there is nothing to follow, and the page is left.
  useLivePipeline(pipelineId, { isPaused: isDeleting });
  const mayEdit = hasRole(me.role, "editor");
  const mayStart = hasRole(me.role, "operator");
  const mayBackfill = mayStart && pipeline.policies.incremental !== null;
  // What has no ends yet cannot be planned, and a plan shows rows.
  const mayPlan = mayEdit && pipeline.sourceTable !== null && pipeline.destinationTable !== null;
  const tab = asked === "plan" && !mayPlan ? "runs" : asked;
  const leave = () => void navigate({ to: "/pipelines", replace: true });
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
            {pipeline.schedule !== null && mayEdit && <ScheduleSwitch pipeline={pipeline} />}
            {mayEdit && (
              <Link to="/pipelines/$pipelineId/edit" params={{ pipelineId }} className={buttonClass()}>
                <Pencil aria-hidden className="size-3.5" />
                Edit
              </Link>
            )}
            {mayStart && (
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
            {mayStart && (
              <Menu align="end" trigger={<IconButton icon={EllipsisVertical} label="More about this pipeline" />}>
                <MenuItem icon={ShieldCheck} onSelect={() => verifyNow.start(pipelineId)}>
                  Verify now
                </MenuItem>
                {mayBackfill && (
                  <MenuItem icon={History} onSelect={() => setIsBackfilling(true)}>
                    Backfill…
                  </MenuItem>
                )}
                {mayEdit && (
                  <MenuItem icon={Trash2} onSelect={() => setIsDeleting(true)}>
                    Delete…
                  </MenuItem>
                )}
              </Menu>
            )}
          </>
        }
      />
      <WaitingSchema pipeline={pipeline} canAccept={mayEdit} />
      <Tabs label="Parts of this pipeline">
        {PIPELINE_TABS.filter((each) => each !== "plan" || mayPlan).map((each) => (
          <TabLink
            key={each}
            to="/pipelines/$pipelineId"
            params={{ pipelineId }}
            search={each === "runs" ? {} : { tab: each }}
            activeOptions={{ exact: true, includeSearch: true }}
            // The router compares whole addresses, and a filter of the runs is part of one.
            {...(each === tab && ACTIVE)}
          >
            {TAB_WORDS[each]}
          </TabLink>
        ))}
      </Tabs>
      {tab === "runs" && (
        <PipelineRuns
          pipelineId={pipelineId}
          status={status}
          onStatusChange={(next) =>
            void navigate({ to: "/pipelines/$pipelineId", params: { pipelineId }, search: { tab, status: next } })
          }
        />
      )}
      {tab === "plan" && mayPlan && <PipelinePlan pipelineId={pipelineId} />}
      {tab === "configuration" && (
        <PipelineConfiguration
          pipeline={pipeline}
          canSeeRows={mayEdit}
          from={{ sourceName: nameOf(pipeline.sourceId), table: pipeline.sourceTable }}
          to={{ sourceName: nameOf(pipeline.destinationId), table: pipeline.destinationTable }}
        />
      )}
      {tab === "history" && <PipelineHistory pipelineId={pipelineId} nameOf={nameOf} />}
      {tab === "settings" && (
        <PipelineSettings pipeline={pipeline} canEdit={mayEdit} onDelete={() => setIsDeleting(true)} />
      )}
      {mayBackfill && (
        <BackfillDialog
          pipeline={pipeline}
          role={me.role}
          isOpen={isBackfilling}
          onClose={() => setIsBackfilling(false)}
          onStarted={openRun}
        />
      )}
      <DeletePipelineDialog
        pipeline={isDeleting ? pipeline : null}
        onClose={() => setIsDeleting(false)}
        onDeleted={leave}
      />
    </>
  );
}

const ACTIVE = { "data-status": "active", "aria-current": "page" } as const;
