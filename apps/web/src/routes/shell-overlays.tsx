import type { Role } from "@millrace/shared";
import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState } from "react";
import { creationsFor, placesFor } from "../features/shell/places.ts";
import type { ShortcutHelp } from "../features/shell/shortcut-sheet.tsx";
import { useCommandKey, useShortcuts } from "../lib/shortcuts.ts";

const loadPalette = () => import("./command-palette.tsx");
const CommandPalette = lazy(async () => ({ default: (await loadPalette()).CommandPalette }));
/** Not part of the first load, and there before a hand reaches the keys: what is typed until then would go elsewhere. */
const PALETTE_AFTER_MS = 1000;
const ShortcutSheet = lazy(async () => ({
  default: (await import("../features/shell/shortcut-sheet.tsx")).ShortcutSheet,
}));

type Overlay = "palette" | "shortcuts";

export interface Overlays {
  readonly open: (overlay: Overlay) => void;
  readonly shown: Overlay | null;
  readonly close: () => void;
  /** Those that were open once, and so are loaded and may fade out. */
  readonly used: ReadonlySet<Overlay>;
}

/** Which of the sheets over the page is open, and the keys that open them and lead around. */
export function useOverlays(role: Role): Overlays {
  const [shown, setShown] = useState<Overlay | null>(null);
  const [used, setUsed] = useState<ReadonlySet<Overlay>>(new Set());
  const navigate = useNavigate();
  useEffect(() => {
    // One that cannot be had now is asked for again when it is opened.
    const timer = setTimeout(() => void loadPalette().catch(() => undefined), PALETTE_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  const open = (overlay: Overlay) => {
    setShown(overlay);
    setUsed((before) => new Set(before).add(overlay));
  };
  useCommandKey(() => (shown === "palette" ? setShown(null) : open("palette")));
  useShortcuts({
    "?": () => open("shortcuts"),
    ...Object.fromEntries(
      creationsFor(role).flatMap(({ key, to }) => (key ? [[key, () => void navigate({ to })]] : [])),
    ),
    ...Object.fromEntries(placesFor(role).map(({ key, to }) => [`g ${key}`, () => void navigate({ to })])),
  });
  return { open, shown, used, close: () => setShown(null) };
}

/** The sheets themselves, each loaded when it is first asked for. */
export function ShellOverlays({ role, overlays }: { readonly role: Role; readonly overlays: Overlays }) {
  const { shown, used, open, close } = overlays;
  return (
    <Suspense fallback={null}>
      {used.has("palette") && (
        <CommandPalette
          role={role}
          isOpen={shown === "palette"}
          onOpenChange={(isOpen) => !isOpen && close()}
          onShowShortcuts={() => open("shortcuts")}
        />
      )}
      {used.has("shortcuts") && (
        <ShortcutSheet
          shortcuts={helpFor(role)}
          isOpen={shown === "shortcuts"}
          onOpenChange={(isOpen) => !isOpen && close()}
        />
      )}
    </Suspense>
  );
}

const helpFor = (role: Role): ShortcutHelp[] => [
  { label: "Search and commands", keys: ["mod", "K"] },
  ...placesFor(role).map(({ label, key }) => ({
    label: `Go to ${label.toLowerCase()}`,
    keys: ["g", key],
    isSequence: true,
  })),
  ...creationsFor(role).flatMap(({ label, key }) => (key ? [{ label, keys: [key] }] : [])),
  { label: "This sheet", keys: ["?"] },
];
