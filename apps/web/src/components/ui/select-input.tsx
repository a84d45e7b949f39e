import { Field } from "@base-ui/react/field";
import { ChevronDown } from "lucide-react";
import type { ComponentPropsWithRef } from "react";
import { classNames } from "../../lib/class-names.ts";
import { FieldFrame, type FieldProps, inputClass } from "./field-frame.tsx";

export interface SelectInputProps extends ComponentPropsWithRef<"select">, FieldProps {
  readonly options: readonly { readonly value: string; readonly label: string }[];
}

/** A labelled choice of one among few, in a form. Spreads react-hook-form's `register`. */
export function SelectInput({ label, description, error, ref, options, ...select }: SelectInputProps) {
  return (
    <FieldFrame label={label} description={description} error={error}>
      <div className="relative">
        <Field.Control
          render={
            <select {...select} ref={ref}>
              {options.map((option) => (
                <option key={option.value} value={option.value}>
                  {option.label}
                </option>
              ))}
            </select>
          }
          className={classNames(inputClass, "appearance-none pr-9")}
        />
        <ChevronDown aria-hidden className="pointer-events-none absolute top-2.5 right-2.5 size-4 text-ink-faint" />
      </div>
    </FieldFrame>
  );
}
