import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { trpcUtils } from "../lib/trpc.ts";
import { requireRole } from "./require-role.ts";
import { shellRoute } from "./shell.route.tsx";

export const editDataSourceRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/data-sources/$sourceId/edit",
  beforeLoad: ({ context }) => requireRole(context.me.role, "admin"),
  loader: async ({ params }) => {
    await Promise.all([
      trpcUtils.sources.get.ensureData({ id: params.sourceId }),
      trpcUtils.sources.connectors.ensureData(),
    ]);
  },
  component: lazyRouteComponent(() => import("./data-source-edit.page.tsx"), "EditDataSourcePage"),
});
