import { Field } from "@base-ui/react/field";
import { Eye, EyeOff } from "lucide-react";
import { type ComponentPropsWithRef, useState } from "react";
import { FieldFrame, type FieldProps, inputClass } from "./field-frame.tsx";

export interface PasswordFieldProps extends Omit<ComponentPropsWithRef<"input">, "type">, FieldProps {}

/** A labelled input for a secret, hidden until one asks to see it. Spreads react-hook-form's `register`. */
export function PasswordField({ label, description, error, ref, ...input }: PasswordFieldProps) {
  const [isShown, setIsShown] = useState(false);
  const Icon = isShown ? EyeOff : Eye;
  return (
    <FieldFrame label={label} description={description} error={error}>
      <div className="relative">
        <Field.Control
          render={
            <input {...input} ref={ref} type={isShown ? "text" : "password"} spellCheck={false} autoCapitalize="none" />
          }
          className={`${inputClass} pr-10`}
        />
        <button
          type="button"
          // Without the label in it: what is looked for under the label is the input.
          aria-label="Show what is typed"
          aria-pressed={isShown}
          title={isShown ? "Hide" : "Show"}
          disabled={input.disabled}
          onClick={() => setIsShown(!isShown)}
          className="absolute inset-y-0.5 right-0.5 grid w-8 place-items-center rounded text-ink-faint hover:text-ink"
        >
          <Icon aria-hidden className="size-4" />
        </button>
      </div>
    </FieldFrame>
  );
}
