import type { DataSourceOrder } from "@millrace/shared";
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { choiceParam, textParam } from "../lib/search-params.ts";
import { requireRole } from "./require-role.ts";
import { shellRoute } from "./shell.route.tsx";

interface DataSourcesSearch {
  readonly search?: string | undefined;
  readonly order?: DataSourceOrder | undefined;
}

/** Spelled out, since the contract's own list would bring its schemas into the first load. */
const ORDERS = ["name", "-name", "created", "-created"] as const satisfies DataSourceOrder[];

export const dataSourcesRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/data-sources",
  validateSearch: ({ search, order }): DataSourcesSearch => ({
    search: textParam(search, 200),
    order: choiceParam(order, ORDERS),
  }),
  beforeLoad: ({ context }) => requireRole(context.me.role, "editor"),
  component: lazyRouteComponent(() => import("./data-sources.page.tsx"), "DataSourcesPage"),
});
