import { createRouter } from "@tanstack/react-router";
import { PageSkeleton } from "./routes/page-skeleton.tsx";
import { editDataSourceRoute } from "./routes/data-source-edit.route.ts";
import { newDataSourceRoute } from "./routes/data-source-new.route.ts";
import { dataSourceRoute } from "./routes/data-source.route.ts";
import { dataSourcesRoute } from "./routes/data-sources.route.ts";
import { devUiRoutes } from "./routes/dev-ui.route.ts";
import { parseSearch, stringifySearch } from "./lib/search-params.ts";
import { NotFoundPage } from "./routes/not-found.page.tsx";
import { PageError } from "./routes/page-error.tsx";
import { pipelineEditRoute } from "./routes/pipeline-edit.route.ts";
import { pipelineNewRoute } from "./routes/pipeline-new.route.ts";
import { pipelineRoute } from "./routes/pipeline.route.ts";
import { homeRoute, pipelinesRoute } from "./routes/pipelines.route.ts";
import { rootRoute } from "./routes/root.route.tsx";
import { runRoute } from "./routes/run.route.ts";
import { runsRoute } from "./routes/runs.route.ts";
import { settingsRoute } from "./routes/settings.route.ts";
import { setupRoute } from "./routes/setup.route.ts";
import { shellRoute, unknownRoute } from "./routes/shell.route.tsx";
import { signInRoute } from "./routes/sign-in.route.ts";

const routeTree = rootRoute.addChildren([
  signInRoute,
  setupRoute,
  ...devUiRoutes,
  shellRoute.addChildren([
    homeRoute,
    pipelinesRoute,
    pipelineNewRoute,
    pipelineRoute,
    pipelineEditRoute,
    runsRoute,
    runRoute,
    dataSourcesRoute,
    newDataSourceRoute,
    dataSourceRoute,
    editDataSourceRoute,
    settingsRoute,
    unknownRoute,
  ]),
]);

/** Sooner than this a skeleton would only flicker. */
const SKELETON_AFTER_MS = 150;
const SKELETON_FOR_MS = 250;

export const router = createRouter({
  routeTree,
  parseSearch,
  stringifySearch,
  scrollRestoration: true,
  defaultPreload: "intent",
  // The query cache decides what is fresh, not the router.
  defaultPreloadStaleTime: 0,
  defaultPendingMs: SKELETON_AFTER_MS,
  defaultPendingMinMs: SKELETON_FOR_MS,
  defaultPendingComponent: PageSkeleton,
  defaultErrorComponent: PageError,
  defaultNotFoundComponent: NotFoundPage,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
