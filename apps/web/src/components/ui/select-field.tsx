import { Field } from "@base-ui/react/field";
import { ChevronDown } from "lucide-react";
import { FieldFrame, type FieldProps, inputClass } from "./field-frame.tsx";
import { classNames } from "../../lib/class-names.ts";

export interface SelectFieldProps<Value extends string> extends FieldProps {
  readonly value: Value;
  readonly options: readonly { readonly value: Value; readonly label: string }[];
  readonly onChange: (value: Value) => void;
  /** Over the field, as in a form. A filter of a list says by its values what it is, and names itself to screen readers only. */
  readonly isLabelShown?: boolean;
}

/** A choice of one among few, by the browser's own list, which every device knows how to show. */
export function SelectField<Value extends string>(props: SelectFieldProps<Value>) {
  const { label, description, error, value, options, onChange, isLabelShown = false } = props;
  return (
    <FieldFrame label={label} description={description} error={error} isLabelHidden={!isLabelShown}>
      <div className="relative">
        <Field.Control
          render={
            <select value={value} onChange={(event) => onChange(event.target.value as Value)}>
              {options.map((option) => (
                <option key={option.value} value={option.value}>
                  {option.label}
                </option>
              ))}
            </select>
          }
          className={classNames(
            "appearance-none hover:bg-hover",
            isLabelShown
              ? `${inputClass} pr-9`
              : "h-8 rounded-md border border-line-strong/60 bg-surface pr-8 pl-2.5 text-sm text-ink",
          )}
        />
        <ChevronDown
          aria-hidden
          className={classNames(
            "pointer-events-none absolute right-2.5 size-4 text-ink-faint",
            isLabelShown ? "top-2.5" : "top-2",
          )}
        />
      </div>
    </FieldFrame>
  );
}
