import { Field } from "@base-ui/react/field";
import type { ComponentPropsWithRef } from "react";
import { FieldFrame, type FieldProps, inputClass } from "./field-frame.tsx";

export interface TextFieldProps extends ComponentPropsWithRef<"input">, FieldProps {}

/** A labelled input; description and error are tied to it for screen readers. Spreads react-hook-form's `register`. */
export function TextField({ label, description, error, ref, ...input }: TextFieldProps) {
  return (
    <FieldFrame label={label} description={description} error={error}>
      <Field.Control render={<input {...input} ref={ref} />} className={inputClass} />
    </FieldFrame>
  );
}
