import type { PipelineStatus } from "@millrace/shared";
import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { PIPELINE_STATUSES } from "../features/pipelines/pipeline-status.tsx";
import { choiceParam, textParam } from "../lib/search-params.ts";
import { shellRoute } from "./shell.route.tsx";

interface PipelinesSearch {
  readonly status?: PipelineStatus | undefined;
  readonly search?: string | undefined;
}

export const pipelinesRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/pipelines",
  validateSearch: ({ status, search }): PipelinesSearch => ({
    status: choiceParam(status, PIPELINE_STATUSES),
    search: textParam(search, 200),
  }),
  component: lazyRouteComponent(() => import("./pipelines.page.tsx"), "PipelinesPage"),
});

export const homeRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/pipelines", replace: true });
  },
});
