import { zodResolver } from "@hookform/resolvers/zod";
import { UpdateProfileInput } from "@millrace/shared";
import { useForm } from "react-hook-form";
import { toast } from "sonner";
import { Button } from "../../components/ui/button.tsx";
import { Notice } from "../../components/ui/notice.tsx";
import { TextField } from "../../components/ui/text-field.tsx";
import { showServerError, wholeFormError } from "../../lib/form-errors.ts";
import { trpc } from "../../lib/trpc.ts";

export interface ProfileFormProps {
  readonly name: string;
  readonly email: string;
  /** Called once the server has the new name. */
  readonly onSaved: () => Promise<void>;
}

/** How others see who is signed in. */
export function ProfileForm({ name, email, onSaved }: ProfileFormProps) {
  const update = trpc.accounts.updateProfile.useMutation();
  const form = useForm({ resolver: zodResolver(UpdateProfileInput), values: { name } });
  const { errors, isSubmitting, isDirty } = form.formState;
  const failure = wholeFormError(errors);
  const submit = form.handleSubmit(async (fields) => {
    try {
      await update.mutateAsync(fields);
      await onSaved();
      toast.success("Profile saved");
    } catch (error) {
      showServerError(form, error, ["name"]);
    }
  });
  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="flex max-w-md flex-col gap-4">
      {failure && <Notice tone="bad" isAlert title={failure} />}
      <TextField label="Your name" autoComplete="name" error={errors.name?.message} {...form.register("name")} />
      <TextField
        label="E-mail address"
        type="email"
        value={email}
        readOnly
        description="You sign in with it. It cannot be changed here."
      />
      <Button type="submit" variant="primary" isBusy={isSubmitting} disabled={!isDirty} className="self-start">
        Save
      </Button>
    </form>
  );
}
