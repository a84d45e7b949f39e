import { Dialog } from "@base-ui/react/dialog";
import { Command } from "cmdk";
import { Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Kbd } from "../../components/ui/kbd.tsx";
import type { PaletteEntry, PaletteGroup } from "./palette.ts";

export interface CommandPaletteViewProps {
  readonly isOpen: boolean;
  readonly onOpenChange: (isOpen: boolean) => void;
  readonly search: string;
  readonly onSearch: (search: string) => void;
  /** What matches, already filtered. */
  readonly groups: readonly PaletteGroup[];
  readonly isSearching: boolean;
}

/** A field, and below it all that can be done from here. Arrow keys choose, Enter does it. */
export function CommandPaletteView(props: CommandPaletteViewProps) {
  const { isOpen, onOpenChange, search, onSearch, groups, isSearching } = props;
  const isLeaving = useRef(false);
  const field = useRef<HTMLInputElement>(null);
  // The dialog gives the focus to its field when it mounts, which it does not where it is opened again while it fades out.
  useEffect(() => {
    if (isOpen) field.current?.focus();
  }, [isOpen]);
  // Results arrive one after the other: the first of them is chosen until somebody moves away from it.
  const [chosen, setChosen] = useState("");
  const [hasMoved, setHasMoved] = useState(false);
  const firstId = groups[0]?.entries[0]?.id ?? "";
  const move = () => {
    if (hasMoved) return;
    setChosen(firstId);
    setHasMoved(true);
  };
  const type = (next: string) => {
    setHasMoved(false);
    onSearch(next);
  };
  const select = (entry: PaletteEntry) => {
    isLeaving.current = entry.isLeaving ?? false;
    setHasMoved(false);
    onOpenChange(false);
    entry.onSelect();
  };
  return (
    <Dialog.Root
      open={isOpen}
      onOpenChange={(next) => {
        isLeaving.current = false;
        setHasMoved(false);
        onOpenChange(next);
      }}
    >
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-shade transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <Dialog.Popup
          // A page that is led to takes the focus itself, to its heading.
          finalFocus={() => !isLeaving.current}
          className="fixed top-[12vh] left-1/2 z-50 w-[36rem] max-w-[calc(100vw-2rem)] -translate-x-1/2 overflow-hidden rounded-xl border border-line bg-surface shadow-floating outline-none transition-[opacity,scale] duration-100 data-ending-style:opacity-0 data-starting-style:scale-98 data-starting-style:opacity-0"
        >
          <Dialog.Title className="sr-only">Search and commands</Dialog.Title>
          <Command
            shouldFilter={false}
            loop
            label="Search and commands"
            value={hasMoved ? chosen : firstId}
            onValueChange={setChosen}
            onKeyDown={({ key }) => {
              if (key === "ArrowDown" || key === "ArrowUp" || key === "Home" || key === "End") move();
            }}
            onPointerMove={move}
            className="flex max-h-[70vh] flex-col"
          >
            <div className="flex items-center gap-3 border-b border-line px-4">
              <Search aria-hidden className="size-4 shrink-0 text-ink-faint" />
              <Command.Input
                ref={field}
                value={search}
                onValueChange={type}
                placeholder="Go to, run, create…"
                maxLength={200}
                className="h-12 min-w-0 flex-1 bg-transparent text-base outline-none placeholder:text-ink-faint"
              />
              <Kbd keys={["Esc"]} />
            </div>
            <Command.List
              label="Commands"
              className="min-h-0 flex-1 scroll-py-2 overflow-y-auto overscroll-contain p-2"
            >
              {groups.map(({ heading, entries }) => (
                <Command.Group
                  key={heading}
                  heading={heading}
                  className="mb-1 [&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:pt-1.5 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-2xs [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-ink-faint"
                >
                  {entries.map((entry) => (
                    <Entry key={entry.id} entry={entry} onSelect={() => select(entry)} />
                  ))}
                </Command.Group>
              ))}
            </Command.List>
            {/* Beside the list: a list of options may hold nothing but options. */}
            <p role="status" className="px-4 pb-6 text-center text-sm text-ink-soft empty:hidden">
              {groups.length > 0 ? null : isSearching ? "Searching…" : "Nothing matches"}
            </p>
          </Command>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Entry({ entry, onSelect }: { readonly entry: PaletteEntry; readonly onSelect: () => void }) {
  const { id, label, detail, icon: Icon, keys } = entry;
  return (
    <Command.Item
      value={id}
      onSelect={onSelect}
      className="flex min-h-9 cursor-pointer items-center gap-3 rounded-md px-2 text-sm data-[selected=true]:bg-hover"
    >
      <Icon aria-hidden className="size-4 shrink-0 text-ink-faint" />
      <span className="min-w-0 flex-1 truncate">{label}</span>
      {detail && <span className="max-w-[45%] shrink-0 truncate text-xs text-ink-soft">{detail}</span>}
      {keys && <Kbd keys={keys} isSequence />}
    </Command.Item>
  );
}
