import { hasRole, type Role } from "@millrace/shared";
import { useNavigate } from "@tanstack/react-router";
import { Database, History, Keyboard, Monitor, Moon, Play, Sun, Waypoints } from "lucide-react";
import { useState } from "react";
import { pipelineStatusWord } from "../features/pipelines/pipeline-status.tsx";
import { useRunNow } from "../features/pipelines/use-run-now.ts";
import { runStatusWord } from "../features/runs/run-status.tsx";
import { CommandPaletteView } from "../features/shell/command-palette-view.tsx";
import { groupsMatching, matchesSearch, type PaletteGroup } from "../features/shell/palette.ts";
import { creationsFor, placesFor } from "../features/shell/places.ts";
import { usePaletteSearch } from "../features/shell/use-palette-search.ts";
import { formatRelative } from "../lib/format.ts";
import { chooseTheme } from "../lib/theme.ts";

export interface CommandPaletteProps {
  readonly role: Role;
  readonly isOpen: boolean;
  readonly onOpenChange: (isOpen: boolean) => void;
  readonly onShowShortcuts: () => void;
}

/** Goes to anything and does what needs no form. Loaded when it is first asked for. */
export function CommandPalette({ role, isOpen, onOpenChange, onShowShortcuts }: CommandPaletteProps) {
  const [search, setSearch] = useState("");
  const found = usePaletteSearch(search, { role, isOpen });
  const commands = useCommands(role, onShowShortcuts);
  const things = useThings(found, role);
  const close = (next: boolean) => {
    onOpenChange(next);
    if (!next) setSearch("");
  };
  return (
    <CommandPaletteView
      isOpen={isOpen}
      onOpenChange={close}
      search={search}
      onSearch={setSearch}
      groups={arranged(search, things, groupsMatching(commands, search))}
      isSearching={found.isSearching}
    />
  );
}

/**
 * Where nothing is searched for, the rooms and what can be created come first. Else what was found by its name, runs before all
 * for who asks for one, then commands, then what was found by its description.
 */
function arranged(search: string, things: PaletteGroup[], commands: PaletteGroup[]): PaletteGroup[] {
  if (search.trim() === "") {
    const [first, rest] = parted(commands, ({ heading }) => heading === GO_TO || heading === CREATE);
    return [...first, ...things, ...rest];
  }
  const isForRuns = /^\s*run\b/i.test(search);
  const [first, others] = parted(things, ({ heading }) => isForRuns && heading === RUN_NOW);
  const [named, described] = parted(others, ({ entries }) => entries.some(({ label }) => matchesSearch(label, search)));
  return [...first, ...named, ...commands, ...described];
}

const parted = <Item,>(items: readonly Item[], isFirst: (item: Item) => boolean): [Item[], Item[]] => [
  items.filter(isFirst),
  items.filter((item) => !isFirst(item)),
];

const GO_TO = "Go to";
const CREATE = "Create";
const RUN_NOW = "Run now";

/** Commands that are always there, as far as the role allows. */
function useCommands(role: Role, onShowShortcuts: () => void): readonly PaletteGroup[] {
  const navigate = useNavigate();
  return [
    {
      heading: GO_TO,
      entries: placesFor(role).map(({ to, label, icon, key }) => ({
        id: `go ${to}`,
        label,
        icon,
        keys: ["g", key],
        isLeaving: true,
        onSelect: () => void navigate({ to }),
      })),
    },
    {
      heading: CREATE,
      entries: creationsFor(role).map(({ to, label, icon, key }) => ({
        id: `create ${to}`,
        label,
        icon,
        ...(key !== undefined && { keys: [key] }),
        isLeaving: true,
        onSelect: () => void navigate({ to }),
      })),
    },
    {
      heading: "Theme",
      entries: [
        { id: "theme light", label: "Light", icon: Sun, onSelect: () => chooseTheme("light") },
        { id: "theme dark", label: "Dark", icon: Moon, onSelect: () => chooseTheme("dark") },
        { id: "theme system", label: "As the system", icon: Monitor, onSelect: () => chooseTheme("system") },
      ],
    },
    {
      heading: "Help",
      entries: [
        { id: "shortcuts", label: "Keyboard shortcuts", icon: Keyboard, keys: ["?"], onSelect: onShowShortcuts },
      ],
    },
  ];
}

type Found = ReturnType<typeof usePaletteSearch>;

/** What the organization has that matches. */
function useThings({ pipelines, sources, runs }: Found, role: Role): PaletteGroup[] {
  const navigate = useNavigate();
  const toRun = (runId: string) => void navigate({ to: "/runs/$runId", params: { runId } });
  const runNow = useRunNow(({ runId }) => toRun(runId));
  const startable = hasRole(role, "operator") ? pipelines.filter(({ status }) => status !== "running") : [];
  const now = new Date();
  const groups: PaletteGroup[] = [
    {
      heading: "Pipelines",
      entries: pipelines.map(({ id, name, status }) => ({
        id: `pipeline ${id}`,
        label: name,
        detail: pipelineStatusWord(status),
        icon: Waypoints,
        isLeaving: true,
        onSelect: () => void navigate({ to: "/pipelines/$pipelineId", params: { pipelineId: id } }),
      })),
    },
    {
      heading: RUN_NOW,
      entries: startable.map(({ id, name }) => ({
        id: `run ${id}`,
        label: `Run ${name}`,
        icon: Play,
        isLeaving: true,
        onSelect: () => runNow.start(id),
      })),
    },
    {
      heading: "Data sources",
      entries: sources.map(({ id, name, database }) => ({
        id: `source ${id}`,
        label: name,
        detail: database ?? "",
        icon: Database,
        isLeaving: true,
        onSelect: () => void navigate({ to: "/data-sources/$sourceId", params: { sourceId: id } }),
      })),
    },
    {
      heading: "Recent runs",
      entries: runs.map(({ id, pipelineName, status, startTime, createdAt }) => ({
        id: `watch ${id}`,
        label: `Run of ${pipelineName}`,
        detail: `${runStatusWord(status)}, ${formatRelative(new Date(startTime ?? createdAt), now, "past")}`,
        icon: History,
        isLeaving: true,
        onSelect: () => toRun(id),
      })),
    },
  ];
  return groups.filter(({ entries }) => entries.length > 0);
}
