import { Search } from "lucide-react";
import { useEffect, useId, useState } from "react";

/** Long enough for the next key, short enough to feel immediate. */
const PAUSE_MS = 250;

export interface SearchFieldProps {
  readonly label: string;
  readonly value: string;
  /** Called when typing has paused. */
  readonly onChange: (value: string) => void;
  /** Called when Enter is pressed: the next of what is found, or with Shift the one before. */
  readonly onEnter?: (keys: { readonly isShift: boolean }) => void;
}

/** A search as one types. */
export function SearchField({ label, value, onChange, onEnter }: SearchFieldProps) {
  const id = useId();
  const [typed, setTyped] = useState(value);
  const [shown, setShown] = useState(value);
  // What changes elsewhere, such as by the back button, shows here as well.
  if (value !== shown) {
    setShown(value);
    setTyped(value);
  }
  useEffect(() => {
    if (typed.trim() === value) return undefined;
    const timer = setTimeout(() => onChange(typed.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed, value, onChange]);
  return (
    <div className="relative w-full sm:w-72">
      <label htmlFor={id} className="sr-only">
        {label}
      </label>
      <Search aria-hidden className="pointer-events-none absolute top-2 left-2.5 size-4 text-ink-faint" />
      <input
        id={id}
        type="search"
        value={typed}
        placeholder={label}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={({ key, shiftKey }) => {
          if (key === "Enter") onEnter?.({ isShift: shiftKey });
        }}
        className="h-8 w-full rounded-md border border-line-strong/60 bg-surface pr-2 pl-8 text-sm placeholder:text-ink-faint"
      />
    </div>
  );
}
