import { zodResolver } from "@hookform/resolvers/zod";
import { RenameOrganizationInput } from "@millrace/shared";
import { useForm } from "react-hook-form";
import { toast } from "sonner";
import { Button } from "../../components/ui/button.tsx";
import { Notice } from "../../components/ui/notice.tsx";
import { TextField } from "../../components/ui/text-field.tsx";
import { showServerError, wholeFormError } from "../../lib/form-errors.ts";
import { trpc } from "../../lib/trpc.ts";

export interface OrganizationFormProps {
  readonly name: string;
  /** Renaming is for admins. */
  readonly canRename: boolean;
  /** Called once the server has the new name. */
  readonly onSaved: () => Promise<void>;
}

/** The organization's name, which all of its members see. */
export function OrganizationForm({ name, canRename, onSaved }: OrganizationFormProps) {
  const rename = trpc.accounts.renameOrganization.useMutation();
  const form = useForm({ resolver: zodResolver(RenameOrganizationInput), values: { name } });
  const { errors, isSubmitting, isDirty } = form.formState;
  const failure = wholeFormError(errors);
  const submit = form.handleSubmit(async (fields) => {
    try {
      await rename.mutateAsync(fields);
      await onSaved();
      toast.success("Organization renamed");
    } catch (error) {
      showServerError(form, error, ["name"]);
    }
  });
  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="flex max-w-md flex-col gap-4">
      {failure && <Notice tone="bad" isAlert title={failure} />}
      <TextField
        label="Name"
        autoComplete="organization"
        readOnly={!canRename}
        description={canRename ? "All members see it." : "Owners and admins can rename the organization."}
        error={errors.name?.message}
        {...form.register("name")}
      />
      {canRename && (
        <Button type="submit" variant="primary" isBusy={isSubmitting} disabled={!isDirty} className="self-start">
          Rename
        </Button>
      )}
    </form>
  );
}
