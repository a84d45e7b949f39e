import { getRouteApi, Link, useRouter } from "@tanstack/react-router";
import { buttonClass } from "../components/ui/button.tsx";
import { Notice } from "../components/ui/notice.tsx";
import { Skeleton } from "../components/ui/skeleton.tsx";
import { Entrance } from "../features/accounts/entrance.tsx";
import { SetupForm } from "../features/accounts/setup-form.tsx";
import { Brand } from "../features/shell/brand.tsx";
import { toUserMessage } from "../lib/errors.ts";
import { queryClient, trpc } from "../lib/trpc.ts";

const route = getRouteApi("/setup");

/** The first account, from the link that the first start prints. */
export function SetupPage() {
  return (
    <Entrance
      brand={<Brand />}
      title="Set up Millrace"
      description="The first account owns the organization. Others join it later."
    >
      <SetupContent />
    </Entrance>
  );
}

function SetupContent() {
  const { token } = route.useSearch();
  const router = useRouter();
  const state = trpc.accounts.setUpState.useQuery();
  if (state.isPending) return <Skeleton className="h-64" />;
  if (state.isError) {
    const { message, hint } = toUserMessage(state.error);
    return (
      <Notice tone="bad" isAlert title={message}>
        {hint}
      </Notice>
    );
  }
  if (!state.data.isNeeded) return <SetupDone />;
  if (token === undefined) {
    return (
      <Notice tone="warn" title="The link is incomplete">
        Open it just as the terminal printed it when Millrace started, with all that follows the question mark.
      </Notice>
    );
  }
  const enter = async () => {
    queryClient.clear();
    await router.navigate({ to: "/pipelines", replace: true });
  };
  return <SetupForm token={token} onSignedIn={enter} />;
}

function SetupDone() {
  return (
    <Notice
      tone="neutral"
      title="Millrace is set up already"
      action={
        <Link to="/sign-in" className={buttonClass("secondary")}>
          Sign in
        </Link>
      }
    >
      The set-up link was used, and cannot be used again.
    </Notice>
  );
}
