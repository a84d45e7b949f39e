import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { trpcUtils } from "../lib/trpc.ts";
import { shellRoute } from "./shell.route.tsx";

const settingsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings",
  beforeLoad: () => {
    throw redirect({ to: "/settings/profile", replace: true });
  },
});

const profileRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings/profile",
  component: lazyRouteComponent(() => import("./settings-profile.page.tsx"), "SettingsProfilePage"),
});

const passwordRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings/password",
  component: lazyRouteComponent(() => import("./settings-password.page.tsx"), "SettingsPasswordPage"),
});

const organizationRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings/organization",
  component: lazyRouteComponent(() => import("./settings-organization.page.tsx"), "SettingsOrganizationPage"),
});

const tokensRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: "/settings/tokens",
  loader: async () => {
    await trpcUtils.tokens.list.ensureData();
  },
  component: lazyRouteComponent(() => import("./settings-tokens.page.tsx"), "SettingsTokensPage"),
});

export const settingsRoutes = [settingsRoute, profileRoute, passwordRoute, organizationRoute, tokensRoute] as const;
