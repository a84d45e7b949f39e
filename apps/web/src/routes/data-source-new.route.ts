import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { textParam } from "../lib/search-params.ts";
import { trpcUtils } from "../lib/trpc.ts";
import { requireRole } from "./require-role.ts";
import { shellRoute } from "./shell.route.tsx";

interface NewDataSourceSearch {
  /** The kind of system. */
  readonly type?: string | undefined;
  /** The path to go on to once it is created. */
  readonly returnTo?: string | undefined;
}

export const newDataSourceRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/data-sources/new",
  validateSearch: ({ type, returnTo }): NewDataSourceSearch => ({
    type: textParam(type, 40),
    returnTo: textParam(returnTo, 2000),
  }),
  beforeLoad: ({ context }) => requireRole(context.me.role, "admin"),
  loader: async () => {
    await trpcUtils.sources.connectors.ensureData();
  },
  component: lazyRouteComponent(() => import("./data-source-new.page.tsx"), "NewDataSourcePage"),
});
