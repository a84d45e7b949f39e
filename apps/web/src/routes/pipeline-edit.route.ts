import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { choiceParam } from "../lib/search-params.ts";
import { trpcUtils } from "../lib/trpc.ts";
import { FORM_STEPS, type FormStep } from "./form-steps.ts";
import { requireRole } from "./require-role.ts";
import { shellRoute } from "./shell.route.tsx";

export const pipelineEditRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/pipelines/$pipelineId/edit",
  validateSearch: ({ step }): { readonly step?: FormStep | undefined } => ({ step: choiceParam(step, FORM_STEPS) }),
  beforeLoad: ({ context }) => requireRole(context.me.role, "editor"),
  loader: async ({ params }) => {
    await trpcUtils.pipelines.get.ensureData({ id: params.pipelineId });
  },
  component: lazyRouteComponent(() => import("./pipeline-edit.page.tsx"), "PipelineEditPage"),
});
