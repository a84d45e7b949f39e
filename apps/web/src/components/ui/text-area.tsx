import { Field } from "@base-ui/react/field";
import type { ComponentPropsWithRef } from "react";
import { classNames } from "../../lib/class-names.ts";
import { FieldFrame, type FieldProps } from "./field-frame.tsx";

export interface TextAreaProps extends ComponentPropsWithRef<"textarea">, FieldProps {
  /** For code, keys and certificates. */
  readonly isMono?: boolean;
}

/** A labelled input of several lines. Spreads react-hook-form's `register`. */
export function TextArea({ label, description, error, ref, isMono = false, rows = 3, ...area }: TextAreaProps) {
  return (
    <FieldFrame label={label} description={description} error={error}>
      <Field.Control
        render={<textarea {...area} rows={rows} ref={ref} />}
        className={classNames(
          "w-full rounded-md border border-line-strong bg-surface px-3 py-2 text-ink placeholder:text-ink-faint",
          "disabled:bg-sunken disabled:text-ink-soft data-invalid:border-bad",
          isMono ? "font-mono text-xs leading-5" : "text-sm",
        )}
      />
    </FieldFrame>
  );
}
