import { Field } from "@base-ui/react/field";
import type { ReactNode } from "react";

/** The looks of a single-line input; its frame or its own `aria-invalid` colours it. */
export const inputClass =
  "h-9 w-full rounded-md border border-line-strong bg-surface px-3 text-sm text-ink placeholder:text-ink-faint " +
  "disabled:bg-sunken disabled:text-ink-soft data-invalid:border-bad aria-invalid:border-bad";

/** What every field of a form says about itself. */
export interface FieldProps {
  readonly label: string;
  /** What to write here, below the field. */
  readonly description?: ReactNode;
  /** What is wrong with what was written. */
  readonly error?: string | undefined;
}

export interface FieldFrameProps extends FieldProps {
  readonly children: ReactNode;
}

/** A field with its label, description and error, all tied to the `Field.Control` among its children for screen readers. */
export function FieldFrame({ label, description, error, children }: FieldFrameProps) {
  return (
    <Field.Root invalid={error !== undefined} className="flex min-w-0 flex-col gap-1">
      <Field.Label className="text-sm font-medium">{label}</Field.Label>
      {children}
      {description && <Field.Description className="text-xs text-ink-faint">{description}</Field.Description>}
      <Field.Error match={error !== undefined} className="text-xs font-medium text-bad">
        {error}
      </Field.Error>
    </Field.Root>
  );
}
