import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { textParam } from "../lib/search-params.ts";
import { EntranceError } from "./page-error.tsx";
import { rootRoute } from "./root.route.tsx";

interface SignInSearch {
  /** The path that was asked for, to go there afterwards. */
  readonly returnTo?: string | undefined;
}

export const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/sign-in",
  validateSearch: ({ returnTo }): SignInSearch => ({ returnTo: textParam(returnTo, 2000) }),
  errorComponent: EntranceError,
  component: lazyRouteComponent(() => import("./sign-in.page.tsx"), "SignInPage"),
});
