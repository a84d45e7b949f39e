import { Dialog } from "../../components/ui/dialog.tsx";
import { Kbd } from "../../components/ui/kbd.tsx";
import { Switch } from "../../components/ui/switch.tsx";
import { turnShortcuts, useShortcutsOn } from "../../lib/shortcuts.ts";

/** What a shortcut does, and its keys. */
export interface ShortcutHelp {
  readonly label: string;
  readonly keys: readonly string[];
  readonly isSequence?: boolean;
}

export interface ShortcutSheetProps {
  readonly isOpen: boolean;
  readonly onOpenChange: (isOpen: boolean) => void;
  readonly shortcuts: readonly ShortcutHelp[];
}

/** All shortcuts on one sheet, and whether they work. */
export function ShortcutSheet({ isOpen, onOpenChange, shortcuts }: ShortcutSheetProps) {
  const areOn = useShortcutsOn();
  return (
    <Dialog isOpen={isOpen} onOpenChange={onOpenChange} title="Keyboard shortcuts">
      <ul className="divide-y divide-line">
        {shortcuts.map(({ label, keys, isSequence = false }) => (
          <li key={label} className="flex items-center justify-between gap-4 py-2 text-sm">
            {label}
            <Kbd keys={keys} isSequence={isSequence} />
          </li>
        ))}
      </ul>
      <div className="mt-4">
        <Switch label="Shortcuts of plain characters" isOn={areOn} onChange={turnShortcuts} />
      </div>
    </Dialog>
  );
}
