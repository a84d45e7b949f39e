import { Link, type LinkProps, useLocation } from "@tanstack/react-router";
import { Database, type LucideIcon, Settings, Waypoints } from "lucide-react";
import { classNames } from "../../lib/class-names.ts";

interface Place {
  readonly to: NonNullable<LinkProps["to"]>;
  readonly label: string;
  readonly icon: LucideIcon;
  readonly isForEditors?: true;
  /** Pages of this room that stand at another address. */
  readonly also?: string;
}

/** The rooms of the app, in the order of the sidebar. */
const PLACES: readonly Place[] = [
  { to: "/pipelines", label: "Pipelines", icon: Waypoints, also: "/runs/" },
  { to: "/data-sources", label: "Data sources", icon: Database, isForEditors: true },
  { to: "/settings/profile", label: "Settings", icon: Settings, also: "/settings" },
];

export interface NavigationProps {
  readonly canSeeDataSources: boolean;
  readonly onNavigate?: () => void;
}

/** Links to the rooms of the app; the one that shows, or holds what shows, is marked. */
export function Navigation({ canSeeDataSources, onNavigate }: NavigationProps) {
  const { pathname } = useLocation();
  const rooms = PLACES.filter(({ isForEditors }) => canSeeDataSources || !isForEditors);
  return (
    <nav aria-label="Main">
      <ul className="flex flex-col gap-0.5">
        {rooms.map(({ to, label, icon: Icon, also }) => {
          const isHere = pathname.startsWith(to) || (also !== undefined && pathname.startsWith(also));
          return (
            <li key={label}>
              <Link
                to={to}
                {...(onNavigate && { onClick: onNavigate })}
                className={classNames(
                  "flex h-8 items-center gap-2.5 rounded-md px-2.5 text-sm font-medium",
                  isHere ? "bg-accent-wash text-accent" : "text-ink-soft hover:bg-hover hover:text-ink",
                )}
              >
                <Icon aria-hidden className="size-4" />
                {label}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
