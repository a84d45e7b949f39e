import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { choiceParam, textParam } from "../lib/search-params.ts";
import { requireRole } from "./require-role.ts";
import { FORM_STEPS, type FormStep } from "./form-steps.ts";
import { shellRoute } from "./shell.route.tsx";

interface NewPipelineSearch {
  readonly step?: FormStep | undefined;
  /** What is chosen already where a link leads here from a data source or one of its tables. */
  readonly sourceId?: string | undefined;
  readonly sourceTable?: string | undefined;
  /** A data source that was made for the step, on the way back from its form. */
  readonly createdSourceId?: string | undefined;
}

export const pipelineNewRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/pipelines/new",
  validateSearch: ({ step, sourceId, sourceTable, createdSourceId }): NewPipelineSearch => ({
    step: choiceParam(step, FORM_STEPS),
    sourceId: textParam(sourceId, 40),
    sourceTable: textParam(sourceTable, 270),
    createdSourceId: textParam(createdSourceId, 40),
  }),
  beforeLoad: ({ context }) => requireRole(context.me.role, "editor"),
  component: lazyRouteComponent(() => import("./pipeline-new.page.tsx"), "PipelineNewPage"),
});
