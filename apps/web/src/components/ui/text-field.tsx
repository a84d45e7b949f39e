import { Field } from "@base-ui/react/field";
import type { ComponentPropsWithRef } from "react";

const inputClass =
  "h-9 w-full rounded-md border border-line-strong bg-surface px-3 text-sm text-ink placeholder:text-ink-faint " +
  "data-invalid:border-bad aria-invalid:border-bad";

export interface TextFieldProps extends ComponentPropsWithRef<"input"> {
  readonly label: string;
  /** What to write here, below the field. */
  readonly description?: string;
  /** What is wrong with what was written. */
  readonly error?: string | undefined;
}

/** A labelled input; description and error are tied to it for screen readers. Spreads react-hook-form's `register`. */
export function TextField({ label, description, error, ref, ...input }: TextFieldProps) {
  return (
    <Field.Root invalid={error !== undefined} className="flex flex-col gap-1">
      <Field.Label className="text-sm font-medium">{label}</Field.Label>
      <Field.Control render={<input {...input} ref={ref} />} className={inputClass} />
      {description && <Field.Description className="text-xs text-ink-faint">{description}</Field.Description>}
      <Field.Error match={error !== undefined} className="text-xs font-medium text-bad">
        {error}
      </Field.Error>
    </Field.Root>
  );
}
