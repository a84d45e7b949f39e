import { hasRole, type Role } from "@millrace/shared";
import type { LinkProps } from "@tanstack/react-router";
import { Database, History, type LucideIcon, Settings, Waypoints } from "lucide-react";

/** A room of the app. */
export interface Place {
  readonly to: NonNullable<LinkProps["to"]>;
  readonly label: string;
  readonly icon: LucideIcon;
  /** `g` and this key lead there. */
  readonly key: string;
  /** The weakest role that may see it. */
  readonly role: Role;
  /** Pages of this room that stand at another address. */
  readonly also?: string;
}

/** The rooms in the order of the sidebar. */
const PLACES: readonly Place[] = [
  { to: "/pipelines", label: "Pipelines", icon: Waypoints, key: "p", role: "viewer" },
  { to: "/runs", label: "Runs", icon: History, key: "r", role: "viewer" },
  { to: "/data-sources", label: "Data sources", icon: Database, key: "d", role: "editor" },
  { to: "/settings/profile", label: "Settings", icon: Settings, key: "s", role: "viewer", also: "/settings" },
];

export const placesFor = (role: Role): readonly Place[] => PLACES.filter((place) => hasRole(role, place.role));
