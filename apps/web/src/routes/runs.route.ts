import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { PERIOD_NAMES, type RunFilters } from "../features/runs/run-filters.ts";
import { RUN_STATUSES, RUN_TRIGGERS } from "../features/runs/run-status.tsx";
import { choiceParam, textParam } from "../lib/search-params.ts";
import { shellRoute } from "./shell.route.tsx";

export const runsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/runs",
  validateSearch: ({ status, trigger, period, pipeline }): RunFilters => ({
    status: choiceParam(status, RUN_STATUSES),
    trigger: choiceParam(trigger, RUN_TRIGGERS),
    period: choiceParam(period, PERIOD_NAMES),
    pipeline: textParam(pipeline, 40),
  }),
  component: lazyRouteComponent(() => import("./runs.page.tsx"), "RunsPage"),
});
