import type { LucideIcon } from "lucide-react";
import { classNames } from "../../lib/class-names.ts";
import { formatCount } from "../../lib/format.ts";

export interface FilterOption<Value extends string> {
  readonly value: Value;
  readonly label: string;
  readonly icon?: LucideIcon;
  /** How many it would show; nothing while that is not known. */
  readonly count?: number | undefined;
}

export interface SegmentedFilterProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly FilterOption<Value>[];
  readonly onChange: (value: Value) => void;
}

/** Narrows a list to one of a few kinds, and says how many there are of each. */
export function SegmentedFilter<Value extends string>({
  label,
  value,
  options,
  onChange,
}: SegmentedFilterProps<Value>) {
  return (
    <div role="group" aria-label={label} className="flex flex-wrap gap-1">
      {options.map(({ value: option, label: word, icon: Icon, count }) => (
        <button
          key={option}
          type="button"
          aria-pressed={option === value}
          onClick={() => onChange(option)}
          className={classNames(
            "inline-flex h-8 items-center gap-1.5 rounded-md border px-2.5 text-sm font-medium whitespace-nowrap",
            option === value
              ? "border-accent/40 bg-accent-wash text-accent"
              : "border-transparent text-ink-soft hover:bg-hover hover:text-ink",
          )}
        >
          {Icon && <Icon aria-hidden className="size-3.5" />}
          {word}
          {count !== undefined && <span className="tabular text-xs font-normal opacity-90">{formatCount(count)}</span>}
        </button>
      ))}
    </div>
  );
}
