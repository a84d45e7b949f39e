import type { ConfigField, ConnectorSummary } from "@millrace/shared";
import { type UseFormReturn, useWatch } from "react-hook-form";
import { Checkbox } from "../../components/ui/checkbox.tsx";
import { PasswordField } from "../../components/ui/password-field.tsx";
import { SelectInput } from "../../components/ui/select-input.tsx";
import { TextArea } from "../../components/ui/text-area.tsx";
import { TextField } from "../../components/ui/text-field.tsx";
import { type FormValues, isShown } from "./form-values.ts";

export interface ConfigFieldsProps {
  readonly connector: ConnectorSummary;
  readonly form: UseFormReturn<FormValues>;
  /** Whether a password is stored, which an empty field keeps. */
  readonly hasStoredPassword: boolean;
}

/** The fields that the connector's schema asks for, in its order; one that makes no sense beside the others is not shown. */
export function ConfigFields({ connector, form, hasStoredPassword }: ConfigFieldsProps) {
  const config = useWatch({ control: form.control, name: "config" });
  const { required } = connector.form;
  return (
    <div className="@container">
      <div className="grid gap-4 @md:grid-cols-6">
        {Object.entries(connector.form.properties)
          .filter(([, field]) => isShown(field, config))
          .map(([name, field]) => (
            <div key={name} className={widthOf(field)}>
              <OneField
                name={name}
                field={field}
                form={form}
                isRequired={required.includes(name)}
                isStored={field.isSecret === true && hasStoredPassword}
              />
            </div>
          ))}
      </div>
    </div>
  );
}

/** Numbers are short; certificates and choices with their meaning are long. */
function widthOf({ type, isMultiline, choices, title }: ConfigField): string {
  if (isMultiline || choices) return "@md:col-span-6";
  if (type !== "string") return "@md:col-span-2";
  return title === "Host" ? "@md:col-span-4" : "@md:col-span-3";
}

interface OneFieldProps {
  readonly name: string;
  readonly field: ConfigField;
  readonly form: UseFormReturn<FormValues>;
  readonly isRequired: boolean;
  readonly isStored: boolean;
}

function OneField({ name, field, form, isRequired, isStored }: OneFieldProps) {
  const own = {
    label: field.title,
    description: field.description,
    placeholder: field.placeholder,
    error: form.formState.errors.config?.[name]?.message,
    autoComplete: "off",
    "aria-required": isRequired,
    ...form.register(`config.${name}`),
  };
  if (field.isSecret) return <SecretField own={own} form={form} isStored={isStored} />;
  if (field.enum) {
    const options = field.enum.map((value) => {
      const meaning = field.choices?.[value];
      return { value, label: meaning === undefined ? value : `${value}: ${meaning}` };
    });
    return <SelectInput {...own} options={options} />;
  }
  if (field.isMultiline) return <TextArea {...own} isMono rows={5} spellCheck={false} />;
  const isNumber = field.type !== "string";
  return <TextField {...own} spellCheck={false} autoCapitalize="none" inputMode={isNumber ? "numeric" : "text"} />;
}

interface SecretFieldProps {
  readonly own: React.ComponentProps<typeof PasswordField>;
  readonly form: UseFormReturn<FormValues>;
  readonly isStored: boolean;
}

function SecretField({ own, form, isStored }: SecretFieldProps) {
  const isRemoved = useWatch({ control: form.control, name: "isPasswordRemoved" });
  if (!isStored) return <PasswordField {...own} autoComplete="new-password" />;
  return (
    <div className="flex flex-col gap-2">
      <PasswordField
        {...own}
        // A password manager must not put another one in its place.
        autoComplete="new-password"
        disabled={isRemoved}
        placeholder={isRemoved ? "Will be removed" : "Stored"}
        description={isRemoved ? undefined : "Stored, and never shown. Leave it empty to keep it."}
      />
      <Checkbox
        label="Remove the stored password"
        isChecked={isRemoved}
        onChange={(next) => form.setValue("isPasswordRemoved", next, { shouldDirty: true })}
      />
    </div>
  );
}
