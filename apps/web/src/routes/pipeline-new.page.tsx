import { hasRole } from "@millrace/shared";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { Breadcrumbs } from "../components/ui/breadcrumbs.tsx";
import { buttonClass } from "../components/ui/button.tsx";
import { PageHeader } from "../components/ui/page-header.tsx";
import { useSourceNames } from "../features/data-sources/use-source-names.ts";
import { newDraft } from "../features/pipeline-form/draft.ts";
import { PipelineForm } from "../features/pipeline-form/pipeline-form.tsx";
import { PlanChangesPanel } from "../features/plan-changes/changes-panel.tsx";
import { stringifySearch } from "../lib/search-params.ts";
import { NewSourceLink } from "./new-source-link.tsx";

const route = getRouteApi("/shell/pipelines/new");

/** A new pipeline, step by step. */
export function PipelineNewPage() {
  const { me } = route.useRouteContext();
  const { step, sourceId, sourceTable, createdSourceId } = route.useSearch();
  const navigate = useNavigate();
  const nameOf = useSourceNames(me.role);
  const baseline = useMemo(
    () => ({
      ...newDraft(Intl.DateTimeFormat().resolvedOptions().timeZone),
      ...(sourceId !== undefined && { sourceId, sourceTable: sourceTable ?? null }),
    }),
    [sourceId, sourceTable],
  );
  const here = stringifySearch({ step: step ?? "source", sourceId, sourceTable });
  return (
    <>
      <Breadcrumbs>
        <Link to="/pipelines">Pipelines</Link>
        <span aria-current="page">New pipeline</span>
      </Breadcrumbs>
      <PageHeader title="New pipeline" />
      <PipelineForm
        key={sourceId ?? "new"}
        pipeline={null}
        baseline={baseline}
        step={step}
        nameOf={nameOf}
        canQuery={hasRole(me.role, "admin")}
        renderChanges={(asked) => <PlanChangesPanel asked={asked} />}
        createSourceLink={<NewSourceLink role={me.role} returnTo={`/pipelines/new${here}`} />}
        createdSourceId={createdSourceId}
        isDetour={(pathname) => pathname === "/data-sources/new"}
        cancelLink={
          <Link to="/pipelines" className={buttonClass()}>
            Cancel
          </Link>
        }
        onSaved={({ pipelineId, runId }) =>
          void (runId === null
            ? navigate({ to: "/pipelines/$pipelineId", params: { pipelineId } })
            : navigate({ to: "/runs/$runId", params: { runId } }))
        }
      />
    </>
  );
}
