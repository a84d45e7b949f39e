import { hasRole } from "@millrace/shared";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { toast } from "sonner";
import { Breadcrumbs } from "../components/ui/breadcrumbs.tsx";
import { buttonClass } from "../components/ui/button.tsx";
import { PageHeader } from "../components/ui/page-header.tsx";
import { useSourceNames } from "../features/data-sources/use-source-names.ts";
import { draftOf } from "../features/pipeline-form/draft.ts";
import { PipelineForm } from "../features/pipeline-form/pipeline-form.tsx";
import { useLivePipeline } from "../features/pipelines/use-live-pipeline.ts";
import { PlanChangesPanel } from "../features/plan-changes/changes-panel.tsx";
import { trpc } from "../lib/trpc.ts";
import { NewSourceLink } from "./new-source-link.tsx";

const route = getRouteApi("/shell/pipelines/$pipelineId/edit");

/** A pipeline that exists, with all steps open. */
export function PipelineEditPage() {
  const { me } = route.useRouteContext();
  const { pipelineId } = route.useParams();
  const { step, createdSourceId } = route.useSearch();
  const navigate = useNavigate();
  const nameOf = useSourceNames(me.role);
  const [pipeline] = trpc.pipelines.get.useSuspenseQuery({ id: pipelineId });
  const baseline = useMemo(() => draftOf(pipeline), [pipeline]);
  useLivePipeline(pipelineId);
  const back = { to: "/pipelines/$pipelineId", params: { pipelineId } } as const;
  return (
    <>
      <Breadcrumbs>
        <Link to="/pipelines">Pipelines</Link>
        <Link {...back}>{pipeline.name}</Link>
        <span aria-current="page">Edit</span>
      </Breadcrumbs>
      <PageHeader title={`Edit ${pipeline.name}`} />
      <PipelineForm
        key={pipelineId}
        pipeline={pipeline}
        baseline={baseline}
        step={step}
        nameOf={nameOf}
        canQuery={hasRole(me.role, "admin")}
        renderChanges={(asked) => <PlanChangesPanel asked={asked} />}
        createSourceLink={
          <NewSourceLink role={me.role} returnTo={`/pipelines/${pipelineId}/edit?step=${step ?? "source"}`} />
        }
        createdSourceId={createdSourceId}
        isDetour={(pathname) => pathname === "/data-sources/new"}
        cancelLink={
          <Link {...back} className={buttonClass()}>
            Cancel
          </Link>
        }
        onSaved={({ runId }) => {
          toast.success("Pipeline saved");
          void (runId === null ? navigate(back) : navigate({ to: "/runs/$runId", params: { runId } }));
        }}
      />
    </>
  );
}
