import { zodResolver } from "@hookform/resolvers/zod";
import { SetUpInput } from "@millrace/shared";
import { useForm } from "react-hook-form";
import type { z } from "zod";
import { Button } from "../../components/ui/button.tsx";
import { Notice } from "../../components/ui/notice.tsx";
import { PasswordField } from "../../components/ui/password-field.tsx";
import { TextField } from "../../components/ui/text-field.tsx";
import { showServerError, wholeFormError } from "../../lib/form-errors.ts";
import { trpc } from "../../lib/trpc.ts";
import { signIn } from "./session.ts";

const SetupFields = SetUpInput.omit({ token: true });
type SetupFields = z.infer<typeof SetupFields>;

export interface SetupFormProps {
  /** The secret of the set-up link. */
  readonly token: string;
  /** Called once the account stands and is signed in. */
  readonly onSignedIn: () => Promise<void>;
}

/** Makes the first account and its organization, and signs in. One schema checks here and on the server. */
export function SetupForm({ token, onSignedIn }: SetupFormProps) {
  const setUp = trpc.accounts.setUp.useMutation();
  const form = useForm<z.input<typeof SetupFields>, unknown, SetupFields>({
    resolver: zodResolver(SetupFields),
    defaultValues: { name: "", email: "", password: "", organizationName: "" },
  });
  const { errors, isSubmitting } = form.formState;
  const failure = wholeFormError(errors);
  const submit = form.handleSubmit(async (fields) => {
    try {
      await setUp.mutateAsync({ ...fields, token });
      await signIn({ username: fields.email, password: fields.password });
      await onSignedIn();
    } catch (error) {
      showServerError(form, error, ["name", "email", "password", "organizationName"]);
    }
  });
  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      {failure && <Notice tone="bad" isAlert title={failure} />}
      <TextField
        label="Your name"
        autoComplete="name"
        autoFocus
        error={errors.name?.message}
        {...form.register("name")}
      />
      <TextField
        label="E-mail address"
        type="email"
        autoComplete="username"
        description="You sign in with it."
        error={errors.email?.message}
        {...form.register("email")}
      />
      <PasswordField
        label="Password"
        autoComplete="new-password"
        description="At least 8 characters."
        error={errors.password?.message}
        {...form.register("password")}
      />
      <TextField
        label="Organization"
        autoComplete="organization"
        description="Your team or company. Pipelines and data sources belong to it."
        error={errors.organizationName?.message}
        {...form.register("organizationName")}
      />
      <Button type="submit" variant="primary" isBusy={isSubmitting} className="!h-9">
        Create the account
      </Button>
    </form>
  );
}
