import type { LogLevel } from "@millrace/shared";
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { LOG_LEVELS } from "../features/runs/log-levels.ts";
import { choiceParam } from "../lib/search-params.ts";
import { trpcUtils } from "../lib/trpc.ts";
import { shellRoute } from "./shell.route.tsx";

interface RunSearch {
  /** The lowest level of the log that is shown; all of it when left out. */
  readonly level?: LogLevel | undefined;
}

export const runRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/runs/$runId",
  validateSearch: ({ level }): RunSearch => ({ level: choiceParam(level, LOG_LEVELS) }),
  loader: async ({ params }) => {
    const run = await trpcUtils.runs.get.ensureData({ id: params.runId });
    await trpcUtils.pipelines.get.ensureData({ id: run.pipelineId });
  },
  component: lazyRouteComponent(() => import("./run.page.tsx"), "RunPage"),
});
