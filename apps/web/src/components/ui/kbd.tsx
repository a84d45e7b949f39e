const IS_APPLE = /mac|iphone|ipad/i.test(navigator.platform);

/** What a key is called on the keyboard in use; `mod` is the key that starts commands there. */
const NAMES: Record<string, string> = { mod: IS_APPLE ? "⌘" : "Ctrl", shift: IS_APPLE ? "⇧" : "Shift" };

export interface KbdProps {
  /** Pressed together or, with `isSequence`, one after the other: `["mod", "K"]`. */
  readonly keys: readonly string[];
  readonly isSequence?: boolean;
}

/** Keys to press. */
export function Kbd({ keys, isSequence = false }: KbdProps) {
  return (
    <span className="inline-flex items-center gap-1 whitespace-nowrap">
      {keys.map((key, index) => (
        <span key={key + String(index)} className="inline-flex items-center gap-1">
          {isSequence && index > 0 && <span className="text-2xs text-ink-faint">then</span>}
          <kbd className="grid h-5 min-w-5 place-items-center rounded border border-line bg-sunken px-1 font-sans text-2xs font-medium text-ink-soft">
            {NAMES[key] ?? key}
          </kbd>
        </span>
      ))}
    </span>
  );
}
