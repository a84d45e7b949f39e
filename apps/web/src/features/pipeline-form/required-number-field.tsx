import { useState } from "react";
import { NumberField, type NumberFieldProps } from "../../components/ui/number-field.tsx";

export interface RequiredNumberFieldProps extends Omit<NumberFieldProps, "value" | "onChange" | "onBlur"> {
  readonly value: number;
  readonly onChange: (value: number) => void;
}

/** A number that there always is: a field that is left empty takes back what it had. */
export function RequiredNumberField({ value, onChange, ...field }: RequiredNumberFieldProps) {
  const [isEmpty, setIsEmpty] = useState(false);
  return (
    <NumberField
      {...field}
      value={isEmpty ? null : value}
      onBlur={() => setIsEmpty(false)}
      onChange={(next) => {
        setIsEmpty(next === null);
        if (next !== null) onChange(next);
      }}
    />
  );
}
