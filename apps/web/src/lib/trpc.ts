import type { AppRouter } from "@millrace/rpc";
import { QueryCache, QueryClient } from "@tanstack/react-query";
import { httpBatchLink, httpLink, httpSubscriptionLink, splitLink } from "@trpc/client";
import { createTRPCQueryUtils, createTRPCReact, getQueryKey } from "@trpc/react-query";
import { isTransient, isUnauthenticated } from "./errors.ts";

/** The one way to the server; its types are the router's own. */
export const trpc = createTRPCReact<AppRouter>();

const TRPC_PATH = "/trpc";
/** The server takes at most this many calls in one request, and URLs of 8 KB. */
const MAX_BATCH_SIZE = 20;
const MAX_URL_LENGTH = 4000;
const MAX_RETRIES = 2;
const STALE_AFTER_MS = 10_000;

/** Cookies of the same origin go along by themselves, to `fetch` and to `EventSource` alike. */
export const trpcClient = trpc.createClient({
  links: [
    splitLink({
      condition: ({ type }) => type === "subscription",
      true: httpSubscriptionLink({ url: TRPC_PATH }),
      false: splitLink({
        // A look into a data source can take seconds, and would keep the answers of its whole batch waiting.
        condition: ({ context }) => context["isAlone"] === true,
        true: httpLink({ url: TRPC_PATH }),
        false: httpBatchLink({ url: TRPC_PATH, maxItems: MAX_BATCH_SIZE, maxURLLength: MAX_URL_LENGTH }),
      }),
    }),
  ],
});

let sessionEnded: () => void = () => undefined;

/** Called once when an answer says that the session is over in which this page was loaded. */
export function onSessionEnd(listener: () => void): void {
  sessionEnded = listener;
}

/** Nobody was signed in where nothing is known of them: then the guard of the shell leads to the sign-in page by itself. */
const hadSession = (): boolean =>
  queryClient.getQueryData(getQueryKey(trpc.accounts.me, undefined, "query")) !== undefined;

export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error) => {
      if (isUnauthenticated(error) && hadSession()) sessionEnded();
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: STALE_AFTER_MS,
      retry: (failureCount, error) => failureCount < MAX_RETRIES && isTransient(error),
    },
  },
});

/** For loaders, which run outside of components. */
export const trpcUtils = createTRPCQueryUtils({ queryClient, client: trpcClient });

/** Asks who is signed in, and ends the session here if it has ended there. Never rejects: what else fails says so by itself. */
export function checkSession(): void {
  trpcUtils.accounts.me.fetch(undefined, { staleTime: 0 }).catch(() => undefined);
}
