import { zodResolver } from "@hookform/resolvers/zod";
import { type CreatedToken, Role, TokenName } from "@millrace/shared";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { Notice } from "../../components/ui/notice.tsx";
import { SelectInput } from "../../components/ui/select-input.tsx";
import { TextField } from "../../components/ui/text-field.tsx";
import { showServerError, wholeFormError } from "../../lib/form-errors.ts";
import { trpc } from "../../lib/trpc.ts";

const Life = z.enum(["30", "90", "365", "never"]);
type Life = z.infer<typeof Life>;

const LIVES: readonly { readonly value: Life; readonly label: string }[] = [
  { value: "30", label: "In 30 days" },
  { value: "90", label: "In 90 days" },
  { value: "365", label: "In a year" },
  { value: "never", label: "Never" },
];

const TokenFields = z.object({ name: TokenName, role: Role, life: Life });
type TokenFields = z.infer<typeof TokenFields>;

export interface TokenFormProps {
  /** For the button that submits it from outside. */
  readonly id: string;
  /** From the strongest that may be given to the weakest. */
  readonly roles: readonly Role[];
  readonly onBusy: (isBusy: boolean) => void;
  readonly onCreated: (created: CreatedToken) => Promise<void>;
}

/** What a new token is for, what it may do, and how long. */
export function TokenForm({ id, roles, onBusy, onCreated }: TokenFormProps) {
  const create = trpc.tokens.create.useMutation();
  const form = useForm<TokenFields>({
    resolver: zodResolver(TokenFields),
    defaultValues: { name: "", role: roles.at(-1) ?? "viewer", life: "90" },
  });
  const { errors } = form.formState;
  const failure = wholeFormError(errors);
  const submit = form.handleSubmit(async ({ name, role, life }) => {
    onBusy(true);
    try {
      await onCreated(await create.mutateAsync({ name, role, expiresInDays: life === "never" ? null : Number(life) }));
    } catch (error) {
      showServerError(form, error, ["name", "role"]);
    } finally {
      onBusy(false);
    }
  });
  return (
    <form id={id} noValidate onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
      {failure && <Notice tone="bad" isAlert title={failure} />}
      <TextField
        label="Name"
        placeholder="nightly import"
        description="What it is for, so that you know it again."
        autoComplete="off"
        error={errors.name?.message}
        {...form.register("name")}
      />
      <SelectInput
        label="Role"
        description="It never does more than you may yourself."
        options={roles.map((role) => ({ value: role, label: role }))}
        error={errors.role?.message}
        {...form.register("role")}
      />
      <SelectInput label="Expires" options={LIVES} {...form.register("life")} />
    </form>
  );
}
