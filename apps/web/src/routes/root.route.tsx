import { createRootRoute, Outlet } from "@tanstack/react-router";
import { Toaster } from "../components/ui/toaster.tsx";
import { useFocusOnNavigation } from "../features/shell/use-focus-on-navigation.ts";

export const rootRoute = createRootRoute({ component: Root });

function Root() {
  useFocusOnNavigation();
  return (
    <>
      <Outlet />
      <Toaster />
    </>
  );
}
