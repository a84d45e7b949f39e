import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "./root.route.tsx";

/** All components with their states. The built app knows neither the address nor the page: the condition is a constant there. */
export const devUiRoutes = import.meta.env.DEV
  ? ([
      createRoute({
        getParentRoute: () => rootRoute,
        path: "/dev/ui",
        component: lazyRouteComponent(() => import("../dev/ui.page.tsx"), "UiPage"),
      }),
    ] as const)
  : ([] as const);
