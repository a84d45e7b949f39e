import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { choiceParam, textParam } from "../lib/search-params.ts";
import { trpcUtils } from "../lib/trpc.ts";
import { FORM_STEPS, type FormStep } from "./form-steps.ts";
import { requireRole } from "./require-role.ts";
import { shellRoute } from "./shell.route.tsx";

interface EditPipelineSearch {
  readonly step?: FormStep | undefined;
  /** A data source that was made for the step, on the way back from its form. */
  readonly createdSourceId?: string | undefined;
}

export const pipelineEditRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/pipelines/$pipelineId/edit",
  validateSearch: ({ step, createdSourceId }): EditPipelineSearch => ({
    step: choiceParam(step, FORM_STEPS),
    createdSourceId: textParam(createdSourceId, 40),
  }),
  beforeLoad: ({ context }) => requireRole(context.me.role, "editor"),
  loader: async ({ params }) => {
    await trpcUtils.pipelines.get.ensureData({ id: params.pipelineId });
  },
  component: lazyRouteComponent(() => import("./pipeline-edit.page.tsx"), "PipelineEditPage"),
});
