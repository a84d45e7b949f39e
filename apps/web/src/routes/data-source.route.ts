import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { textParam } from "../lib/search-params.ts";
import { trpcUtils } from "../lib/trpc.ts";
import { requireRole } from "./require-role.ts";
import { shellRoute } from "./shell.route.tsx";

interface DataSourceSearch {
  /** Part of a table's name. */
  readonly search?: string | undefined;
  /** The table that is looked into, as `schema.name`. */
  readonly table?: string | undefined;
}

export const dataSourceRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/data-sources/$sourceId",
  validateSearch: ({ search, table }): DataSourceSearch => ({
    search: textParam(search, 200),
    table: textParam(table, 600),
  }),
  beforeLoad: ({ context }) => requireRole(context.me.role, "editor"),
  loader: async ({ params }) => {
    await Promise.all([
      trpcUtils.sources.get.ensureData({ id: params.sourceId }),
      trpcUtils.sources.connectors.ensureData(),
    ]);
  },
  component: lazyRouteComponent(() => import("./data-source.page.tsx"), "DataSourcePage"),
});
