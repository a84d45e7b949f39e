import { Combobox as BaseCombobox } from "@base-ui/react/combobox";
import { ChevronsUpDown, Search, X } from "lucide-react";
import { type ReactNode, useRef, useState } from "react";
import { classNames } from "../../lib/class-names.ts";
import { ComboboxList, type ComboboxOption, type ListHandle } from "./combobox-list.tsx";
import { FieldFrame, type FieldProps, inputClass } from "./field-frame.tsx";

export type { ComboboxOption };

export interface ComboboxProps<Value extends string> extends FieldProps {
  readonly value: Value | null;
  readonly options: readonly ComboboxOption<Value>[];
  readonly onChange: (value: Value | null) => void;
  readonly placeholder?: string;
  /** Shown where nothing matches, or nothing is there. */
  readonly emptyText?: ReactNode;
  readonly isLoading?: boolean;
  readonly isDisabled?: boolean;
  /** Offers to choose nothing again. */
  readonly isClearable?: boolean;
}

/**
 * A choice of one among many, narrowed by typing; thousands of options cost no more than those in sight. The field opens a
 * small window with the search in it, so that assistive technology is led through the options and the page stays as it was.
 */
export function Combobox<Value extends string>(props: ComboboxProps<Value>) {
  const { label, description, error, value, options, onChange, placeholder, isDisabled = false, isClearable } = props;
  const { emptyText = "Nothing matches", isLoading = false } = props;
  const [isOpen, setIsOpen] = useState(false);
  const list = useRef<ListHandle>(null);
  // Beside its field rather than at the end of the page, so that it belongs to the landmark that the field is in.
  const container = useRef<HTMLDivElement>(null);
  const selected = options.find((option) => option.value === value) ?? null;
  const Icon = selected?.icon;
  return (
    <FieldFrame label={label} description={description} error={error}>
      <BaseCombobox.Root<ComboboxOption<Value>>
        virtualized
        autoHighlight
        items={options}
        value={selected}
        onValueChange={(option) => onChange(option?.value ?? null)}
        open={isOpen}
        onOpenChange={(next) => setIsOpen(next)}
        disabled={isDisabled}
        isItemEqualToValue={(option, other) => option.value === other.value}
        onItemHighlighted={(option, { reason, index }) => {
          // By pointer the item is in sight already.
          if (option && reason !== "pointer") queueMicrotask(() => list.current?.scrollTo(index));
        }}
      >
        <div className="relative">
          <BaseCombobox.Trigger
            className={classNames(
              inputClass,
              "flex cursor-pointer items-center gap-2 pr-9 text-left disabled:cursor-default",
            )}
          >
            {Icon && <Icon aria-hidden className="size-4 shrink-0 text-ink-faint" />}
            <span
              className={classNames("min-w-0 flex-1 truncate", !selected && "text-ink-faint", isClearable && "pr-6")}
            >
              {selected?.label ?? value ?? placeholder}
            </span>
            <ChevronsUpDown aria-hidden className="absolute right-2.5 size-4 text-ink-faint" />
          </BaseCombobox.Trigger>
          {isClearable && value !== null && !isDisabled && (
            <button
              type="button"
              aria-label={`Clear ${label.toLowerCase()}`}
              onClick={() => onChange(null)}
              className="absolute inset-y-1.5 right-8 grid w-6 place-items-center rounded text-ink-faint hover:text-ink"
            >
              <X aria-hidden className="size-3.5" />
            </button>
          )}
        </div>
        <div ref={container} className="contents" />
        <BaseCombobox.Portal container={container}>
          <BaseCombobox.Positioner sideOffset={4} className="z-[55] outline-none">
            <BaseCombobox.Popup
              aria-label={label}
              className="flex max-h-[min(24rem,var(--available-height))] w-[var(--anchor-width)] max-w-[var(--available-width)] min-w-56 flex-col overflow-hidden rounded-lg border border-line bg-surface shadow-floating outline-none"
            >
              <div className="flex items-center gap-2 border-b border-line px-3">
                <Search aria-hidden className="size-4 shrink-0 text-ink-faint" />
                <BaseCombobox.Input
                  // Otherwise it would go by the same name as the field.
                  aria-labelledby={undefined}
                  aria-label={`Search ${label.toLowerCase()}`}
                  placeholder="Search"
                  className="h-9 min-w-0 flex-1 bg-transparent text-sm outline-none placeholder:text-ink-faint"
                />
              </div>
              <BaseCombobox.Empty className="text-sm text-ink-soft not-empty:p-3">
                {isLoading ? "Loading…" : emptyText}
              </BaseCombobox.Empty>
              <ComboboxList ref={list} isOpen={isOpen} />
            </BaseCombobox.Popup>
          </BaseCombobox.Positioner>
        </BaseCombobox.Portal>
      </BaseCombobox.Root>
    </FieldFrame>
  );
}
