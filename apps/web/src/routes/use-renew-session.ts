import { useRouter } from "@tanstack/react-router";
import { trpcUtils } from "../lib/trpc.ts";

/** Reads again who is signed in, and shows it wherever the shell and its pages tell of it. */
export function useRenewSession(): () => Promise<void> {
  const router = useRouter();
  return async () => {
    await trpcUtils.accounts.me.fetch(undefined, { staleTime: 0 });
    await router.invalidate();
  };
}
