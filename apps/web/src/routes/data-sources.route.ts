import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { shellRoute } from "./shell.route.tsx";

export const dataSourcesRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/data-sources",
  component: lazyRouteComponent(() => import("./data-sources.page.tsx"), "DataSourcesPage"),
});
