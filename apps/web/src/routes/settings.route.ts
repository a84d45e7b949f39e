import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { trpcUtils } from "../lib/trpc.ts";
import { PartSkeleton } from "./page-skeleton.tsx";
import { shellRoute } from "./shell.route.tsx";

const frameRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings",
  component: lazyRouteComponent(() => import("./settings-frame.tsx"), "SettingsFrame"),
});

const indexRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/settings/profile", replace: true });
  },
});

const profileRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/profile",
  pendingComponent: PartSkeleton,
  component: lazyRouteComponent(() => import("./settings-profile.page.tsx"), "SettingsProfilePage"),
});

const passwordRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/password",
  pendingComponent: PartSkeleton,
  component: lazyRouteComponent(() => import("./settings-password.page.tsx"), "SettingsPasswordPage"),
});

const organizationRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/organization",
  pendingComponent: PartSkeleton,
  component: lazyRouteComponent(() => import("./settings-organization.page.tsx"), "SettingsOrganizationPage"),
});

const tokensRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: "/tokens",
  pendingComponent: PartSkeleton,
  loader: async () => {
    await trpcUtils.tokens.list.ensureData();
  },
  component: lazyRouteComponent(() => import("./settings-tokens.page.tsx"), "SettingsTokensPage"),
});

export const settingsRoute = frameRoute.addChildren([
  indexRoute,
  profileRoute,
  passwordRoute,
  organizationRoute,
  tokensRoute,
]);
