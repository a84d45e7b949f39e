import { Combobox as BaseCombobox } from "@base-ui/react/combobox";
import { ChevronsUpDown, X } from "lucide-react";
import { type ReactNode, useRef, useState } from "react";
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
}

/** A choice of one among many, narrowed by typing; thousands of options cost no more than those in sight. */
export function Combobox<Value extends string>(props: ComboboxProps<Value>) {
  const {
    label,
    description,
    error,
    value,
    options,
    onChange,
    placeholder,
    isLoading = false,
    isDisabled = false,
  } = props;
  const [isOpen, setIsOpen] = useState(false);
  const list = useRef<ListHandle>(null);
  // Beside its field rather than at the end of the page, so that it belongs to the landmark that the field is in.
  const container = useRef<HTMLDivElement>(null);
  const selected = options.find((option) => option.value === value) ?? null;
  const { emptyText = "Nothing matches" } = props;
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
        <BaseCombobox.InputGroup className="relative">
          <BaseCombobox.Input placeholder={placeholder} className={`${inputClass} pr-16`} />
          <div className="absolute inset-y-0.5 right-0.5 flex">
            <BaseCombobox.Clear
              aria-label={`Clear ${label.toLowerCase()}`}
              className="grid w-7 place-items-center rounded text-ink-faint hover:text-ink"
            >
              <X aria-hidden className="size-3.5" />
            </BaseCombobox.Clear>
            <BaseCombobox.Trigger
              aria-label={`Show all of ${label.toLowerCase()}`}
              className="grid w-8 place-items-center rounded text-ink-faint hover:text-ink"
            >
              <ChevronsUpDown aria-hidden className="size-4" />
            </BaseCombobox.Trigger>
          </div>
        </BaseCombobox.InputGroup>
        <div ref={container} className="contents" />
        <BaseCombobox.Portal container={container}>
          <BaseCombobox.Positioner sideOffset={4} className="z-[55] outline-none">
            <BaseCombobox.Popup className="w-[var(--anchor-width)] max-w-[var(--available-width)] min-w-56 overflow-hidden rounded-lg border border-line bg-surface shadow-floating">
              <BaseCombobox.Empty className="text-sm text-ink-soft not-empty:p-3">
                {isLoading ? "Loading…" : emptyText}
              </BaseCombobox.Empty>
              <BaseCombobox.List className="outline-none">
                <ComboboxList ref={list} isOpen={isOpen} />
              </BaseCombobox.List>
            </BaseCombobox.Popup>
          </BaseCombobox.Positioner>
        </BaseCombobox.Portal>
      </BaseCombobox.Root>
    </FieldFrame>
  );
}
