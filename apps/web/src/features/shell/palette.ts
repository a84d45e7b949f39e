import type { LucideIcon } from "lucide-react";

/** Something that the command palette can do or lead to. */
export interface PaletteEntry {
  readonly id: string;
  readonly label: string;
  /** Beside the label, such as a state or where it leads. */
  readonly detail?: string;
  readonly icon: LucideIcon;
  /** The shortcut that does the same. */
  readonly keys?: readonly string[];
  /** Leads to another page, which then takes the focus. */
  readonly isLeaving?: boolean;
  readonly onSelect: () => void;
}

export interface PaletteGroup {
  readonly heading: string;
  readonly entries: readonly PaletteEntry[];
}

/** Whether each word of `search` begins or stands within the text, whatever its case. */
export function matchesSearch(text: string, search: string): boolean {
  const lower = text.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => lower.includes(word));
}

/** The groups with what matches; empty ones are left out. */
export const groupsMatching = (groups: readonly PaletteGroup[], search: string): PaletteGroup[] =>
  groups
    .map(({ heading, entries }) => ({
      heading,
      entries: entries.filter(({ label }) => matchesSearch(`${heading} ${label}`, search)),
    }))
    .filter(({ entries }) => entries.length > 0);
