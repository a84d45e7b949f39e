import { Combobox as BaseCombobox } from "@base-ui/react/combobox";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Check, type LucideIcon } from "lucide-react";
import { type Ref, useCallback, useImperativeHandle, useRef } from "react";
import { classNames } from "../../lib/class-names.ts";

export interface ComboboxOption<Value extends string> {
  readonly value: Value;
  readonly label: string;
  /** Beside the label, such as a size or a type. */
  readonly detail?: string | undefined;
  readonly icon?: LucideIcon;
  /** Why it cannot be chosen; shown in place of the detail. */
  readonly disabledReason?: string | undefined;
}

export interface ListHandle {
  readonly scrollTo: (index: number) => void;
}

const ROW_HEIGHT = 34;
const OVERSCAN = 12;

export interface ComboboxListProps {
  readonly ref: Ref<ListHandle>;
  readonly isOpen: boolean;
}

/** The options of a combobox that match what was typed, of which only those in sight are drawn. */
export function ComboboxList({ ref, isOpen }: ComboboxListProps) {
  const options = BaseCombobox.useFilteredItems<ComboboxOption<string>>();
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    enabled: isOpen,
    count: options.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
    scrollPaddingStart: 4,
    scrollPaddingEnd: 4,
  });
  useImperativeHandle(ref, () => ({ scrollTo: (index) => virtualizer.scrollToIndex(index) }), [virtualizer]);
  const attach = useCallback(
    (element: HTMLDivElement | null) => {
      scroller.current = element;
      if (element) virtualizer.measure();
    },
    [virtualizer],
  );
  return (
    <BaseCombobox.List
      ref={attach}
      className="min-h-0 flex-1 overflow-auto overscroll-contain outline-none not-empty:p-1"
    >
      {options.length > 0 && (
        <div role="presentation" className="relative" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map(({ index, start, size }) => {
            const option = options[index];
            return (
              option && (
                <Option
                  key={option.value}
                  option={option}
                  index={index}
                  count={options.length}
                  top={start}
                  height={size}
                />
              )
            );
          })}
        </div>
      )}
    </BaseCombobox.List>
  );
}

interface OptionProps {
  readonly option: ComboboxOption<string>;
  readonly index: number;
  readonly count: number;
  readonly top: number;
  readonly height: number;
}

function Option({ option, index, count, top, height }: OptionProps) {
  const { label, detail, icon: Icon, disabledReason } = option;
  const note = disabledReason ?? detail;
  return (
    <BaseCombobox.Item
      index={index}
      value={option}
      disabled={disabledReason !== undefined}
      aria-setsize={count}
      aria-posinset={index + 1}
      style={{ height, transform: `translateY(${top}px)` }}
      className={classNames(
        "absolute inset-x-0 top-0 flex cursor-pointer items-center gap-2 rounded px-2 text-sm outline-none select-none",
        "data-disabled:cursor-default data-disabled:text-ink-faint data-highlighted:bg-hover",
      )}
    >
      {Icon && <Icon aria-hidden className="size-4 shrink-0 text-ink-faint" />}
      <span className="min-w-0 flex-1 truncate">{label}</span>
      {note && <span className="max-w-[60%] shrink-0 truncate text-xs text-ink-soft">{note}</span>}
      <BaseCombobox.ItemIndicator className="shrink-0">
        <Check aria-hidden className="size-4 text-accent" />
      </BaseCombobox.ItemIndicator>
    </BaseCombobox.Item>
  );
}
