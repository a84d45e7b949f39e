import type { FieldPath, FieldValues, UseFormReturn } from "react-hook-form";
import { fieldFaults, toUserMessage } from "./errors.ts";

/** Where a form keeps what no single field is to blame for. */
const WHOLE_FORM = "root.server";

/** Puts what the server refused at the fields that it names; what none of `fields` takes stands for the whole form. */
export function showServerError<Fields extends FieldValues>(
  form: Pick<UseFormReturn<Fields>, "setError">,
  error: unknown,
  fields: readonly FieldPath<Fields>[],
): void {
  const faults = fieldFaults(error).filter(({ path }) => fields.some((field) => field === path));
  for (const { path, message } of faults) form.setError(path as FieldPath<Fields>, { message });
  const { message, hint } = toUserMessage(error);
  if (faults.length === 0) form.setError(WHOLE_FORM, { message: `${message}. ${hint}` });
}

/** What `showServerError` left for the whole form. */
export const wholeFormError = (errors: { readonly root?: Record<string, unknown> | undefined }): string | undefined => {
  const entry = errors.root?.["server"];
  return typeof entry === "object" && entry !== null && "message" in entry ? String(entry.message) : undefined;
};
