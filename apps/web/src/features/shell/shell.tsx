import { Outlet, useRouterState } from "@tanstack/react-router";
import { Menu as MenuIcon, Search } from "lucide-react";
import { type ReactNode, useState } from "react";
import { IconButton } from "../../components/ui/button.tsx";
import { Drawer } from "../../components/ui/drawer.tsx";
import { Kbd } from "../../components/ui/kbd.tsx";
import { Brand } from "./brand.tsx";
import { Navigation } from "./navigation.tsx";
import type { Place } from "./places.ts";

export interface ShellProps {
  readonly accountMenu: ReactNode;
  readonly places: readonly Place[];
  readonly onOpenPalette: () => void;
}

/** The frame of every page behind sign-in: sidebar, or its drawer on a narrow screen, and the page. */
export function Shell({ accountMenu, places, onOpenPalette }: ShellProps) {
  const [isDrawerOpen, setIsDrawerOpen] = useState(false);
  return (
    <div className="min-h-dvh lg:grid lg:grid-cols-[14.5rem_1fr]">
      <a
        href="#main"
        className="sr-only z-50 rounded-md border border-line bg-surface px-3 py-2 text-sm font-medium shadow-floating focus:not-sr-only focus:absolute focus:top-2 focus:left-2"
      >
        Skip to the content
      </a>
      <header className="sticky top-0 z-30 flex h-12 items-center gap-2 border-b border-line bg-surface px-3 lg:hidden">
        <Drawer
          title="Navigation"
          isOpen={isDrawerOpen}
          onOpenChange={setIsDrawerOpen}
          trigger={<IconButton icon={MenuIcon} label="Open navigation" />}
        >
          <Sidebar
            accountMenu={accountMenu}
            places={places}
            onOpenPalette={() => {
              setIsDrawerOpen(false);
              onOpenPalette();
            }}
            onNavigate={() => setIsDrawerOpen(false)}
          />
        </Drawer>
        <Brand />
        <IconButton icon={Search} label="Search and commands" onClick={onOpenPalette} className="ml-auto" />
      </header>
      <aside className="sticky top-0 hidden h-dvh border-r border-line bg-surface lg:block">
        <Sidebar accountMenu={accountMenu} places={places} onOpenPalette={onOpenPalette} />
      </aside>
      <Main />
    </div>
  );
}

/** The page. While another one is on its way it says so, as what it shows is about to go. */
function Main() {
  const isLoading = useRouterState({ select: (state) => state.isLoading });
  return (
    <main
      id="main"
      tabIndex={-1}
      aria-busy={isLoading}
      className="mx-auto w-full max-w-7xl min-w-0 px-4 py-5 outline-none sm:px-6 lg:px-8 lg:py-6"
    >
      <Outlet />
    </main>
  );
}

interface SidebarProps extends ShellProps {
  readonly onNavigate?: () => void;
}

function Sidebar({ accountMenu, places, onOpenPalette, onNavigate }: SidebarProps) {
  return (
    <div className="flex h-full flex-col gap-4 px-3 py-4">
      <div className="px-2.5">
        <Brand />
      </div>
      <button
        type="button"
        onClick={onOpenPalette}
        className="flex h-8 shrink-0 items-center gap-2.5 rounded-md border border-line bg-sunken px-2.5 text-sm text-ink-faint hover:border-line-strong hover:text-ink"
      >
        <Search aria-hidden className="size-4" />
        <span className="flex-1 text-left">Search</span>
        <span aria-hidden>
          <Kbd keys={["mod", "K"]} />
        </span>
      </button>
      <Navigation places={places} {...(onNavigate && { onNavigate })} />
      <div className="mt-auto">{accountMenu}</div>
    </div>
  );
}
