import { hasRole, type Role } from "@millrace/shared";
import type { LinkProps } from "@tanstack/react-router";
import { Database, DatabaseZap, History, type LucideIcon, Plus, Settings, Waypoints } from "lucide-react";

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

/** Something new, and the key that begins it. */
export interface Creation {
  readonly to: NonNullable<LinkProps["to"]>;
  readonly label: string;
  readonly icon: LucideIcon;
  readonly key?: string;
  /** The weakest role that may create it. */
  readonly role: Role;
}

const CREATIONS: readonly Creation[] = [
  { to: "/pipelines/new", label: "New pipeline", icon: Plus, key: "c", role: "editor" },
  { to: "/data-sources/new", label: "New data source", icon: DatabaseZap, role: "admin" },
];

export const creationsFor = (role: Role): readonly Creation[] => CREATIONS.filter((each) => hasRole(role, each.role));

export const placesFor = (role: Role): readonly Place[] => PLACES.filter((place) => hasRole(role, place.role));
