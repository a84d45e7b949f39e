import { getRouteApi, useRouter } from "@tanstack/react-router";
import { Notice } from "../components/ui/notice.tsx";
import { Entrance } from "../features/accounts/entrance.tsx";
import { SignInForm } from "../features/accounts/sign-in-form.tsx";
import { Brand } from "../features/shell/brand.tsx";
import { safeReturnTo } from "../lib/return-to.ts";
import { queryClient, trpc } from "../lib/trpc.ts";

const route = getRouteApi("/sign-in");

/** Signs in and goes on to where somebody wanted to go. */
export function SignInPage() {
  const { returnTo } = route.useSearch();
  const router = useRouter();
  const setUp = trpc.accounts.setUpState.useQuery();
  const enter = async () => {
    queryClient.clear();
    await router.navigate({ href: safeReturnTo(returnTo), replace: true });
  };
  return (
    <Entrance brand={<Brand />} title="Sign in" description="Data pipelines that prove what arrived.">
      {setUp.data?.isNeeded ? (
        <Notice tone="neutral" title="Nobody has an account yet">
          Open the set-up link that the terminal printed when Millrace started. It makes the first account.
        </Notice>
      ) : (
        <SignInForm onSignedIn={enter} />
      )}
    </Entrance>
  );
}
