import { type CreatedToken, hasRole, type Role, ROLES } from "@millrace/shared";
import { Plus } from "lucide-react";
import { useId, useState } from "react";
import { Button } from "../../components/ui/button.tsx";
import { Dialog } from "../../components/ui/dialog.tsx";
import { NewToken } from "./new-token.tsx";
import { TokenForm } from "./token-form.tsx";

export interface CreateTokenDialogProps {
  /** A token gets at most the role of who makes it. */
  readonly role: Role;
  readonly onCreated: () => Promise<void>;
}

/** Makes a token and shows its secret, once. */
export function CreateTokenDialog({ role, onCreated }: CreateTokenDialogProps) {
  const [isOpen, setIsOpen] = useState(false);
  const [created, setCreated] = useState<CreatedToken | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const formId = useId();
  const change = (next: boolean) => {
    setIsOpen(next);
    // The secret is forgotten as soon as it is out of sight.
    if (!next) setCreated(null);
  };
  return (
    <Dialog
      trigger={
        <Button variant="primary" size="small" icon={Plus}>
          New token
        </Button>
      }
      isOpen={isOpen}
      onOpenChange={change}
      title={created ? "The token is made" : "New API token"}
      description={created ? undefined : "Scripts sign in with it in place of your password."}
      size={created ? "medium" : "small"}
      footer={
        created ? (
          <Button variant="primary" onClick={() => change(false)}>
            Done
          </Button>
        ) : (
          <>
            <Button onClick={() => change(false)}>Cancel</Button>
            <Button type="submit" form={formId} variant="primary" isBusy={isBusy}>
              Make the token
            </Button>
          </>
        )
      }
    >
      {created ? (
        <NewToken created={created} />
      ) : (
        <TokenForm
          id={formId}
          roles={ROLES.filter((each) => hasRole(role, each))}
          onBusy={setIsBusy}
          onCreated={async (next) => {
            setCreated(next);
            await onCreated();
          }}
        />
      )}
    </Dialog>
  );
}
