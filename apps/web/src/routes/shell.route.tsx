import { createRoute, redirect, useRouter } from "@tanstack/react-router";
import { AccountMenu } from "../features/accounts/account-menu.tsx";
import { placesFor } from "../features/shell/places.ts";
import { Shell } from "../features/shell/shell.tsx";
import { isUnauthenticated } from "../lib/errors.ts";
import { queryClient, trpcUtils } from "../lib/trpc.ts";
import { NotFoundPage } from "./not-found.page.tsx";
import { EntranceError } from "./page-error.tsx";
import { rootRoute } from "./root.route.tsx";
import { ShellOverlays, useOverlays } from "./shell-overlays.tsx";

/** Everything behind sign-in. Its children know who is there from `me` in their context. */
export const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "shell",
  beforeLoad: async ({ location }) => {
    try {
      return { me: await trpcUtils.accounts.me.ensureData() };
    } catch (error) {
      if (!isUnauthenticated(error)) throw error;
      const returnTo = location.href === "/" ? undefined : location.href;
      throw redirect({ to: "/sign-in", search: returnTo ? { returnTo } : {}, replace: true });
    }
  },
  component: ShellLayout,
  errorComponent: EntranceError,
});

function ShellLayout() {
  const { me } = shellRoute.useRouteContext();
  const router = useRouter();
  const leave = async () => {
    await router.navigate({ to: "/sign-in" });
    queryClient.clear();
  };
  const overlays = useOverlays(me.role);
  return (
    <>
      <Shell
        places={placesFor(me.role)}
        onOpenPalette={() => overlays.open("palette")}
        accountMenu={
          <AccountMenu
            name={me.user.name}
            email={me.user.email}
            organizationName={me.organization.name}
            role={me.role}
            onShowShortcuts={() => overlays.open("shortcuts")}
            onSignedOut={() => void leave()}
          />
        }
      />
      <ShellOverlays role={me.role} overlays={overlays} />
    </>
  );
}

/** Whatever no other route knows, inside the shell. */
export const unknownRoute = createRoute({ getParentRoute: () => shellRoute, path: "$", component: NotFoundPage });
