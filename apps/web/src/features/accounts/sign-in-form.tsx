import { zodResolver } from "@hookform/resolvers/zod";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { Button } from "../../components/ui/button.tsx";
import { Notice } from "../../components/ui/notice.tsx";
import { PasswordField } from "../../components/ui/password-field.tsx";
import { TextField } from "../../components/ui/text-field.tsx";
import { toUserMessage, type UserMessage } from "../../lib/errors.ts";
import { signIn } from "./session.ts";

const SignInFields = z.object({
  username: z.string().trim().min(1, "Enter your e-mail address"),
  password: z.string().min(1, "Enter your password"),
});

/** E-mail address and password; `onSignedIn` is called once the session stands. */
export function SignInForm({ onSignedIn }: { readonly onSignedIn: () => Promise<void> }) {
  const form = useForm({ resolver: zodResolver(SignInFields), defaultValues: { username: "", password: "" } });
  const { errors, isSubmitting } = form.formState;
  const failure = errors.root?.["server"]?.message;
  const submit = form.handleSubmit(async (fields) => {
    try {
      await signIn(fields);
      await onSignedIn();
    } catch (error) {
      form.setError("root.server", { message: sentenceOf(toUserMessage(error)) });
      form.setFocus("password", { shouldSelect: true });
    }
  });
  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      {failure && <Notice tone="bad" isAlert title={failure} />}
      <TextField
        label="E-mail address"
        type="email"
        autoComplete="username"
        autoFocus
        error={errors.username?.message}
        {...form.register("username")}
      />
      <PasswordField
        label="Password"
        autoComplete="current-password"
        error={errors.password?.message}
        {...form.register("password")}
      />
      <Button type="submit" variant="primary" isBusy={isSubmitting} className="!h-9">
        Sign in
      </Button>
    </form>
  );
}

const sentenceOf = ({ message, hint }: UserMessage): string => `${message}. ${hint}`;
