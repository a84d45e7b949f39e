import { Checkbox as BaseCheckbox } from "@base-ui/react/checkbox";
import { Check, Minus } from "lucide-react";
import { type ReactNode, useId } from "react";
import { classNames } from "../../lib/class-names.ts";

export interface CheckboxProps {
  readonly label: string;
  readonly description?: ReactNode;
  readonly isChecked: boolean;
  /** Some of what it stands for is checked, some is not. */
  readonly isMixed?: boolean;
  readonly isDisabled?: boolean;
  /** Where what stands beside it says the same, as in a row of a table. */
  readonly isLabelHidden?: boolean;
  readonly onChange: (isChecked: boolean) => void;
}

/** Yes or no, with its label beside it. */
export function Checkbox(props: CheckboxProps) {
  const { label, description, isChecked, isMixed = false, isDisabled = false, isLabelHidden = false, onChange } = props;
  const descriptionId = useId();
  return (
    <label className={classNames("flex items-start gap-2.5 text-sm select-none", isDisabled && "text-ink-faint")}>
      <BaseCheckbox.Root
        checked={isChecked}
        indeterminate={isMixed}
        disabled={isDisabled}
        aria-describedby={description ? descriptionId : undefined}
        onCheckedChange={(checked) => onChange(checked)}
        className="mt-0.5 grid size-4 shrink-0 cursor-pointer place-items-center rounded border border-line-strong bg-surface text-on-accent data-checked:border-accent data-checked:bg-accent data-disabled:cursor-default data-disabled:opacity-60 data-indeterminate:border-accent data-indeterminate:bg-accent"
      >
        <BaseCheckbox.Indicator className="data-unchecked:hidden">
          {isMixed ? (
            <Minus aria-hidden className="size-3" strokeWidth={3} />
          ) : (
            <Check aria-hidden className="size-3" strokeWidth={3} />
          )}
        </BaseCheckbox.Indicator>
      </BaseCheckbox.Root>
      <span className={isLabelHidden ? "sr-only" : "min-w-0"}>
        <span className="block">{label}</span>
        {description && (
          <span id={descriptionId} className="block text-xs text-ink-faint">
            {description}
          </span>
        )}
      </span>
    </label>
  );
}
