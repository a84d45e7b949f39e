import { zodResolver } from "@hookform/resolvers/zod";
import { ChangePasswordInput } from "@millrace/shared";
import { useForm } from "react-hook-form";
import { toast } from "sonner";
import { Button } from "../../components/ui/button.tsx";
import { Notice } from "../../components/ui/notice.tsx";
import { PasswordField } from "../../components/ui/password-field.tsx";
import { toUserMessage } from "../../lib/errors.ts";
import { formatCount } from "../../lib/format.ts";
import { showServerError, wholeFormError } from "../../lib/form-errors.ts";
import { trpc } from "../../lib/trpc.ts";

const EMPTY = { currentPassword: "", newPassword: "" };

/** Changes the password; the email tells password managers whose it is. */
export function PasswordForm({ email }: { readonly email: string }) {
  const change = trpc.accounts.changePassword.useMutation();
  const form = useForm({ resolver: zodResolver(ChangePasswordInput), defaultValues: EMPTY });
  const { errors, isSubmitting } = form.formState;
  const failure = wholeFormError(errors);
  const submit = form.handleSubmit(async (fields) => {
    try {
      const { endedSessions } = await change.mutateAsync(fields);
      form.reset(EMPTY);
      toast.success("Password changed", { description: endedSentence(endedSessions) });
    } catch (error) {
      const { code, message } = toUserMessage(error);
      if (code === "PASSWORD_WRONG") form.setError("currentPassword", { message }, { shouldFocus: true });
      else showServerError(form, error, ["currentPassword", "newPassword"]);
    }
  });
  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="flex max-w-md flex-col gap-4">
      {failure && <Notice tone="bad" isAlert title={failure} />}
      <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
      <PasswordField
        label="Current password"
        autoComplete="current-password"
        error={errors.currentPassword?.message}
        {...form.register("currentPassword")}
      />
      <PasswordField
        label="New password"
        autoComplete="new-password"
        description="At least 8 characters."
        error={errors.newPassword?.message}
        {...form.register("newPassword")}
      />
      <p className="text-sm text-ink-soft">
        All your other sessions end at once. API tokens stay valid; revoke them under API tokens.
      </p>
      <Button type="submit" variant="primary" isBusy={isSubmitting} className="self-start">
        Change the password
      </Button>
    </form>
  );
}

const endedSentence = (count: number): string =>
  count === 0
    ? "You had no other sessions."
    : `${formatCount(count)} other ${count === 1 ? "session has" : "sessions have"} ended.`;
