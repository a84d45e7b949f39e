import { NumberField as BaseNumberField } from "@base-ui/react/number-field";
import { Minus, Plus } from "lucide-react";
import type { Ref } from "react";
import { FieldFrame, type FieldProps } from "./field-frame.tsx";

export interface NumberFieldProps extends FieldProps {
  /** Nothing while the field is empty. */
  readonly value: number | null;
  readonly onChange: (value: number | null) => void;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number;
  readonly isDisabled?: boolean;
  readonly name?: string;
  readonly onBlur?: () => void;
  readonly ref?: Ref<HTMLInputElement>;
}

const STEP_BUTTON =
  "grid w-8 shrink-0 place-items-center text-ink-soft hover:bg-hover hover:text-ink disabled:opacity-50";

/** A number, grouped by thousands, to be typed or stepped with buttons and arrow keys. */
export function NumberField(props: NumberFieldProps) {
  const { label, description, error, value, onChange, min, max, step, isDisabled = false, name, onBlur, ref } = props;
  return (
    <FieldFrame label={label} description={description} error={error}>
      <BaseNumberField.Root
        value={value}
        onValueChange={(next) => onChange(next)}
        min={min}
        max={max}
        step={step}
        disabled={isDisabled}
        name={name}
        locale="en"
      >
        <BaseNumberField.Group className="flex h-9 w-44 max-w-full overflow-hidden rounded-md border border-line-strong bg-surface focus-within:outline-2 focus-within:outline-offset-2 focus-within:outline-ring data-disabled:bg-sunken data-invalid:border-bad">
          <BaseNumberField.Input
            ref={ref}
            onBlur={onBlur}
            className="tabular min-w-0 flex-1 bg-transparent px-3 text-sm text-ink outline-none disabled:text-ink-soft"
          />
          <BaseNumberField.Decrement aria-label="Less" className={`${STEP_BUTTON} border-l border-line`}>
            <Minus aria-hidden className="size-3.5" />
          </BaseNumberField.Decrement>
          <BaseNumberField.Increment aria-label="More" className={`${STEP_BUTTON} border-l border-line`}>
            <Plus aria-hidden className="size-3.5" />
          </BaseNumberField.Increment>
        </BaseNumberField.Group>
      </BaseNumberField.Root>
    </FieldFrame>
  );
}
