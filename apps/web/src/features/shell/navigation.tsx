import { Link, useLocation } from "@tanstack/react-router";
import { classNames } from "../../lib/class-names.ts";
import type { Place } from "./places.ts";

export interface NavigationProps {
  readonly places: readonly Place[];
  readonly onNavigate?: () => void;
}

/** Links to the rooms of the app; the one that shows, or holds what shows, is marked. */
export function Navigation({ places, onNavigate }: NavigationProps) {
  const { pathname } = useLocation();
  return (
    <nav aria-label="Main">
      <ul className="flex flex-col gap-0.5">
        {places.map(({ to, label, icon: Icon, also }) => {
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
