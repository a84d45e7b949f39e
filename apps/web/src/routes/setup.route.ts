import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { textParam } from "../lib/search-params.ts";
import { EntranceError } from "./page-error.tsx";
import { rootRoute } from "./root.route.tsx";

interface SetupSearch {
  readonly token?: string | undefined;
}

/** Where the link leads that the first start prints. */
export const setupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/setup",
  validateSearch: ({ token }): SetupSearch => ({ token: textParam(token, 200) }),
  errorComponent: EntranceError,
  component: lazyRouteComponent(() => import("./setup.page.tsx"), "SetupPage"),
});
