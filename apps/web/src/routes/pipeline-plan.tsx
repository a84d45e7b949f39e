import { PlanView } from "../features/pipeline-form/plan-view.tsx";
import { PlanChangesPanel } from "../features/plan-changes/changes-panel.tsx";
import { trpc } from "../lib/trpc.ts";

/** What a run of a stored pipeline would do: to the table, and on demand to its rows. */
export function PipelinePlan({ pipelineId }: { readonly pipelineId: string }) {
  const asked = { id: pipelineId };
  const plan = trpc.pipelines.plan.useQuery(asked, {
    // The catalogs change without telling.
    staleTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
    trpc: { context: { isAlone: true }, abortOnUnmount: true },
  });
  return (
    <div className="flex flex-col gap-5">
      <PlanChangesPanel asked={asked} />
      <PlanView plan={plan} canBePlanned />
    </div>
  );
}
