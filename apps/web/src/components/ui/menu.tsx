import { Menu as BaseMenu } from "@base-ui/react/menu";
import { Check, type LucideIcon } from "lucide-react";
import { type ReactElement, type ReactNode, useRef } from "react";

const ITEM =
  "flex h-8 items-center gap-2.5 rounded px-2 text-sm text-ink outline-none select-none data-highlighted:bg-hover";

export interface MenuProps {
  /** The button that opens it. */
  readonly trigger: ReactElement;
  readonly align?: "start" | "end";
  readonly side?: "top" | "bottom";
  /** Where it is made by the press that asks for it. */
  readonly isOpenAtFirst?: boolean;
  readonly children: ReactNode;
}

/** A list of actions behind a button. */
export function Menu({ trigger, align = "start", side = "bottom", isOpenAtFirst = false, children }: MenuProps) {
  // Beside its button rather than at the end of the page, so that it belongs to the landmark that the button is in.
  const container = useRef<HTMLDivElement>(null);
  return (
    <BaseMenu.Root defaultOpen={isOpenAtFirst}>
      <BaseMenu.Trigger render={trigger} />
      <div ref={container} />
      <BaseMenu.Portal container={container}>
        <BaseMenu.Positioner align={align} side={side} sideOffset={6} className="z-40 outline-none">
          <BaseMenu.Popup className="min-w-52 origin-[var(--transform-origin)] rounded-lg border border-line bg-surface p-1 shadow-floating outline-none transition-[opacity,scale] duration-100 data-ending-style:scale-98 data-ending-style:opacity-0 data-starting-style:scale-98 data-starting-style:opacity-0">
            {children}
          </BaseMenu.Popup>
        </BaseMenu.Positioner>
      </BaseMenu.Portal>
    </BaseMenu.Root>
  );
}

export interface MenuItemProps {
  readonly icon: LucideIcon;
  readonly onSelect: () => void;
  readonly children: ReactNode;
}

/** One action; choosing it closes the menu. */
export function MenuItem({ icon: Icon, onSelect, children }: MenuItemProps) {
  return (
    <BaseMenu.Item onClick={onSelect} className={ITEM}>
      <Icon aria-hidden className="size-4 text-ink-faint" />
      {children}
    </BaseMenu.Item>
  );
}

export interface MenuChoiceProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly { readonly value: Value; readonly label: string; readonly icon: LucideIcon }[];
  readonly onChange: (value: Value) => void;
}

/** A choice of one, under its label; the menu stays open so that the effect can be seen. */
export function MenuChoice<Value extends string>({ label, value, options, onChange }: MenuChoiceProps<Value>) {
  return (
    <BaseMenu.RadioGroup value={value} onValueChange={(next: Value) => onChange(next)}>
      <BaseMenu.Group>
        <BaseMenu.GroupLabel className="px-2 pt-1.5 pb-1 text-2xs font-medium text-ink-faint">
          {label}
        </BaseMenu.GroupLabel>
        {options.map(({ value: option, label: word, icon: Icon }) => (
          <BaseMenu.RadioItem key={option} value={option} closeOnClick={false} className={ITEM}>
            <Icon aria-hidden className="size-4 text-ink-faint" />
            {word}
            <BaseMenu.RadioItemIndicator className="ml-auto">
              <Check aria-hidden className="size-4 text-accent" />
            </BaseMenu.RadioItemIndicator>
          </BaseMenu.RadioItem>
        ))}
      </BaseMenu.Group>
    </BaseMenu.RadioGroup>
  );
}

/** A line between groups of items. */
export function MenuSeparator() {
  return <BaseMenu.Separator className="mx-1 my-1 h-px bg-line" />;
}
