import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { readPageSearch } from "../features/pipelines/page-search.ts";
import { trpcUtils } from "../lib/trpc.ts";
import { shellRoute } from "./shell.route.tsx";

export const pipelineRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/pipelines/$pipelineId",
  validateSearch: readPageSearch,
  loader: async ({ params }) => {
    await trpcUtils.pipelines.get.ensureData({ id: params.pipelineId });
  },
  component: lazyRouteComponent(() => import("./pipeline.page.tsx"), "PipelinePage"),
});
