import { useEffect, useRef, useSyncExternalStore } from "react";
import { type Shortcut, ShortcutReader } from "./shortcut-reader.ts";

const STORAGE_KEY = "millrace.shortcuts";
const OFF = "off";
const listeners = new Set<() => void>();
let areOn = readChoice();

function readChoice(): boolean {
  try {
    return localStorage.getItem(STORAGE_KEY) !== OFF;
  } catch {
    return true;
  }
}

/** Speech input presses keys where a person only speaks, so shortcuts of plain characters can be turned off (WCAG 2.2, 2.1.4). */
export function turnShortcuts(isOn: boolean): void {
  areOn = isOn;
  try {
    if (isOn) localStorage.removeItem(STORAGE_KEY);
    else localStorage.setItem(STORAGE_KEY, OFF);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useShortcutsOn = (): boolean => useSyncExternalStore(subscribe, () => areOn);

/** Where keys have a meaning of their own: fields, and whatever lies over the page. */
const ELSEWHERE = "input, textarea, select, [contenteditable]:not([contenteditable=false]), [role=log]";
const OVER_THE_PAGE = "[role=dialog], [role=alertdialog], [role=menu], [role=listbox]";

const isElsewhere = ({ target }: KeyboardEvent): boolean =>
  (target instanceof Element && target.closest(ELSEWHERE) !== null) || document.querySelector(OVER_THE_PAGE) !== null;

/** Calls what a shortcut stands for, on the whole page but never while somebody types or a dialog is open. */
export function useShortcuts(actions: Readonly<Record<Shortcut, () => void>>): void {
  const latest = useRef(actions);
  useEffect(() => {
    latest.current = actions;
  });
  const names = Object.keys(actions).join("|");
  const isOn = useShortcutsOn();
  useEffect(() => {
    if (!isOn) return undefined;
    const reader = new ShortcutReader(names.split("|"));
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isElsewhere(event)) {
        reader.reset();
        return;
      }
      const shortcut = reader.read(event.key, event.timeStamp);
      if (shortcut === null) return;
      event.preventDefault();
      latest.current[shortcut]?.();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [names, isOn]);
}

/** Ctrl-K, or ⌘K: from everywhere, fields included, since no field has another use for it. */
export function useCommandKey(onPress: () => void): void {
  const latest = useRef(onPress);
  useEffect(() => {
    latest.current = onPress;
  });
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const isCommand = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
      if (!isCommand || event.key.toLowerCase() !== "k") return;
      event.preventDefault();
      latest.current();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, []);
}
