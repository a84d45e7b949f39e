import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { readListSearch } from "../features/pipelines/list-search.ts";
import { shellRoute } from "./shell.route.tsx";

export const pipelinesRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/pipelines",
  validateSearch: readListSearch,
  component: lazyRouteComponent(() => import("./pipelines.page.tsx"), "PipelinesPage"),
});

export const homeRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/pipelines", replace: true });
  },
});
