import { hasRole, type Token } from "@millrace/shared";
import { getRouteApi } from "@tanstack/react-router";
import { KeyRound } from "lucide-react";
import { toast } from "sonner";
import { EmptyState } from "../components/ui/empty-state.tsx";
import { Panel } from "../components/ui/panel.tsx";
import { CreateTokenDialog } from "../features/settings/create-token-dialog.tsx";
import { TokenList } from "../features/settings/token-list.tsx";
import { toUserMessage } from "../lib/errors.ts";
import { trpc } from "../lib/trpc.ts";

const route = getRouteApi("/shell/settings/tokens");

export function SettingsTokensPage() {
  const { me } = route.useRouteContext();
  const [tokens] = trpc.tokens.list.useSuspenseQuery();
  const utils = trpc.useUtils();
  const revoke = useRevokeToken();
  return (
    <Panel
      title="API tokens"
      description={hasRole(me.role, "admin") ? "All of the organization's" : "Yours"}
      isFlush
      actions={<CreateTokenDialog role={me.role} onCreated={() => utils.tokens.list.invalidate()} />}
    >
      {tokens.length === 0 ? (
        <EmptyState icon={KeyRound} title="No tokens yet">
          A token lets a script use the REST API in your name. What it can call stands in the{" "}
          <a href="/api/docs" className="font-medium text-accent underline">
            API reference
          </a>
          .
        </EmptyState>
      ) : (
        <TokenList tokens={tokens} userId={me.user.id} onRevoke={revoke} />
      )}
    </Panel>
  );
}

/** Leaves the list at once, and comes back to it with a message when the server refuses. */
function useRevokeToken(): (token: Token) => void {
  const utils = trpc.useUtils();
  const { mutate } = trpc.tokens.revoke.useMutation({
    onMutate: async ({ id }) => {
      await utils.tokens.list.cancel();
      const before = utils.tokens.list.getData();
      utils.tokens.list.setData(undefined, (tokens) => tokens?.filter((token) => token.id !== id));
      return { before };
    },
    onSuccess: () => toast.success("Token revoked"),
    onError: (error, _input, context) => {
      utils.tokens.list.setData(undefined, context?.before);
      const { message, hint } = toUserMessage(error);
      toast.error(message, { description: hint });
    },
    onSettled: () => utils.tokens.list.invalidate(),
  });
  return ({ id }) => mutate({ id });
}
